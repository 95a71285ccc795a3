"""Decide from the text of two annotations whether every value of one type is a value of the other.

Types are texts as `python_api.py` writes them: without modules, aliases replaced by their meaning. Type arguments count
as covariant, those of Callable as usual; Any takes everything, and nothing but itself takes Any.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import datetime as dt
import enum
import numbers
import os
import pathlib
from collections.abc import Iterable, Mapping

Ancestors = Mapping[str, frozenset[str]]
"""For each class of the project, by name: the names of its ancestors."""

ANYTHING = "Anything"
"""A type variable: it fits any type."""

_STANDARD = {
    name: kind
    for module in (numbers, enum, os, pathlib, dt, collections.abc, builtins)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
}
_OLD_NAMES = {"List": "list", "Dict": "dict", "Tuple": "tuple", "FrozenSet": "frozenset", "Type": "type"} | {
    "AbstractSet": "Set", "Text": "str"
}  # fmt: skip
# Say something of a place, and nothing of its values.
_WRAPPERS = frozenset({"Annotated", "ClassVar", "Final", "NotRequired", "ReadOnly", "Required"})
_TOP = frozenset({"Any", "object", ANYTHING})
_PROMOTED = {("int", "float"), ("int", "complex"), ("float", "complex")}


def fits(one: str, other: str, ancestors: Ancestors) -> bool:
    """Whether all values of type `one` are of type `other`."""
    try:
        return _fits(_parsed(one), _parsed(other), ancestors)
    except SyntaxError:
        return one == other


def members(text: str) -> set[str]:
    """Return the members of a union or a Literal, as texts."""
    try:
        return {ast.unparse(member) for member in _members(_parsed(text))}
    except SyntaxError:
        return {text}


def _parsed(text: str) -> ast.expr:
    return ast.parse(" ".join(text.split()), mode="eval").body


def _name(node: ast.expr) -> str:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return _OLD_NAMES.get(name, name)


def _arguments(node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.Subscript):
        return []
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _members(node: ast.expr) -> Iterable[ast.expr]:
    """Yield the members of a union; each value of a Literal is one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from (*_members(node.left), *_members(node.right))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _members(_parsed(node.value))  # a quoted type
    elif isinstance(node, ast.Subscript):
        kind, given = _name(node.value), _arguments(node)
        if kind == "Optional":
            given = [*given, ast.Constant(None)]
        if kind in ("Optional", "Union"):
            yield from (member for argument in given for member in _members(argument))
        elif kind == "Literal":
            yield from (ast.Subscript(node.value, argument, ast.Load()) for argument in given)
        elif kind in _WRAPPERS:
            yield from _members(given[0])
        else:
            yield node
    else:
        yield node


def _fits(one: ast.expr, other: ast.expr, ancestors: Ancestors) -> bool:
    return all(
        any(_member_fits(member, candidate, ancestors) for candidate in _members(other)) for member in _members(one)
    )


def _member_fits(one: ast.expr, other: ast.expr, ancestors: Ancestors) -> bool:
    if ast.unparse(one) == ast.unparse(other) or _name(other) in _TOP or _name(one) == ANYTHING:
        return True
    kinds = [_name(node.value if isinstance(node, ast.Subscript) else node) for node in (one, other)]
    given, taken = _arguments(one), _arguments(other)
    if kinds[0] == "Literal" != kinds[1]:
        # A member of an enum is written Kind.MEMBER.
        value, given = given[0], []
        member = ast.unparse(value).rpartition(".")[0]
        kinds[0] = type(value.value).__name__ if isinstance(value, ast.Constant) else member
    if not kinds[0] or not kinds[1] or not _is_a(kinds[0], kinds[1], ancestors):
        return False
    # What a class of ours is of, where nothing is said, its type variables say.
    if not taken or kinds[0] in ("str", "bytes") or (not given and kinds[0] in ancestors):
        return True
    return _arguments_fit(kinds, given, taken, ancestors)


def _arguments_fit(kinds: list[str], given: list[ast.expr], taken: list[ast.expr], ancestors: Ancestors) -> bool:
    if kinds[0] == kinds[1] == "Callable":
        return _call_fits(given, taken, ancestors)
    if kinds[0] == "tuple":
        return _tuple_fits(given, taken if kinds[1] == "tuple" else [*taken, ast.Constant(...)], ancestors)
    if kinds[0] == "Coroutine" != kinds[1]:
        given = given[-1:]
    return len(given) >= len(taken) and all(_fits(*pair, ancestors) for pair in zip(given, taken, strict=False))


def _tuple_fits(given: list[ast.expr], taken: list[ast.expr], ancestors: Ancestors) -> bool:
    def is_open(items: list[ast.expr]) -> bool:
        return isinstance(items[-1], ast.Constant) and items[-1].value is ...

    if given and is_open(taken):
        return all(_fits(item, taken[0], ancestors) for item in (given[:1] if is_open(given) else given))
    alike = len(given) == len(taken) and not is_open(given)
    return alike and all(_fits(*pair, ancestors) for pair in zip(given, taken, strict=True))


def _call_fits(given: list[ast.expr], taken: list[ast.expr], ancestors: Ancestors) -> bool:
    """Whether one Callable does for another: it may take more, and return less."""
    if len(given) != 2 or len(taken) != 2:
        return not taken
    if not _fits(given[1], taken[1], ancestors):
        return False
    if not isinstance(given[0], ast.List) or not isinstance(taken[0], ast.List):
        return isinstance(taken[0], ast.Constant) or ast.unparse(given[0]) == ast.unparse(taken[0])
    asked, sent = given[0].elts, taken[0].elts
    return len(asked) == len(sent) and all(_fits(come, ask, ancestors) for ask, come in zip(asked, sent, strict=True))


def _is_a(one: str, other: str, ancestors: Ancestors) -> bool:
    """Whether a class is another, or derives from it."""
    if one == other or (one, other) in _PROMOTED:
        return True
    kinds = [_STANDARD.get(name) for name in (one, other)]
    if one in ancestors:
        return other in ancestors[one]
    return kinds[0] is not None and kinds[1] is not None and issubclass(kinds[0], kinds[1])


def ancestors_of(kind: type) -> set[str]:
    """Return the names of the classes of the standard library that a class derives from, or counts as one of."""
    return {name for name, one in _STANDARD.items() if issubclass(kind, one) and one is not collections.abc.Hashable}


def standard(name: str) -> type | None:
    """Return the class of the standard library that a name stands for in annotations."""
    return _STANDARD.get(_OLD_NAMES.get(name, name))
