"""Compare signatures: whether each call that users can write today still does what it did.

by position   the parameter at that place is the same one, or *args takes it
by name       a parameter of that name can be given by name, or **kwargs takes it
left out      what could be left out can be, and what comes can be
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from griffe import ParameterKind as Kind

from tooling.changes.verdicts import Verdict

BREAKING, ADDITIVE = Verdict.BREAKING, Verdict.ADDITIVE
POSITIONAL = (Kind.positional_only, Kind.positional_or_keyword)
BY_NAME = (Kind.positional_or_keyword, Kind.keyword_only)
VARIADIC = (Kind.var_positional, Kind.var_keyword)

# What does nothing until somebody asks for more.
LAZY = frozenset({"AsyncGenerator", "AsyncIterator", "Awaitable", "Coroutine", "Generator", "Iterator"})

Difference = tuple[str, Verdict, str]
"""What differs, the verdict, and why."""


@dataclass(frozen=True)
class Type:
    """A type as it is written, and what it means: aliases replaced by their meaning."""

    written: str = ""
    meaning: str = ""


NOTHING = Type()
"""A type that nothing is said of."""


@dataclass(frozen=True)
class Parameter:
    """One parameter; `default` is None where it must be given."""

    name: str
    kind: Kind | None
    default: str | None
    type: Type


@dataclass(frozen=True)
class Signature:
    """Parameters without self or cls, and what a call returns: of a coroutine, what it is."""

    parameters: tuple[Parameter, ...] = ()
    gives: Type = NOTHING

    def of(self, *kinds: Kind) -> list[Parameter]:
        """Return the parameters of some kinds."""
        return [found for found in self.parameters if found.kind in kinds]


Fits = Callable[[Type, Type], bool]


def differences(old: Signature, new: Signature, fits: Fits) -> Iterator[Difference]:
    """Yield the differences of two signatures."""
    pairs = list(_pairs(old, new))
    for one, other, fault in pairs:
        if fault or other is None:
            yield (
                f"parameter {fault or 'was removed'}: {one.name}",
                BREAKING,
                "calls of today fail, or mean something else",
            )
        elif one.kind not in VARIADIC and other.kind not in VARIADIC:
            yield from _kept(one, other)
        if other is not None and not fault:
            yield from _taken(one, other, fits)
    matched = [other for _, other, _ in pairs]
    for other in new.parameters:
        if other in matched:
            continue
        if other.default is None and other.kind not in VARIADIC:
            yield f"parameter was added as required: {other.name}", BREAKING, "calls of today do not give it"
        else:
            yield f"parameter {other.name} added", ADDITIVE, "no code gives it yet"
    yield from given(old.gives, new.gives, fits)


def given(old: Type, new: Type, fits: Fits) -> Iterator[Difference]:
    """Yield the change of a type that users get."""
    if not old.meaning or not new.meaning or old.meaning == new.meaning:
        return
    if old.meaning == "None" and new.meaning.partition("[")[0] not in LAZY:
        yield f"type None → {new.written}", ADDITIVE, "no code uses its result yet"
    elif not fits(new, old):
        yield _change(old, new), BREAKING, "not always as it was"
    elif not fits(old, new):
        yield _change(old, new), ADDITIVE, "a narrower type"


def _change(old: Type, new: Type) -> str:
    if old.written == new.written:  # the name of a type, which means another one
        return f"type {old.written}: {old.meaning} → {new.meaning}"
    return f"type {old.written} → {new.written}"


def _pairs(old: Signature, new: Signature) -> Iterator[tuple[Parameter, Parameter | None, str]]:
    """Yield each old parameter with the new one that takes its place, and in words why it does not do."""
    names = {found.name: found for found in new.parameters}
    rest = {found.kind: found for found in new.of(*VARIADIC)}
    for one, other in zip_longest(old.of(*POSITIONAL), new.of(*POSITIONAL)):
        if one is None:
            break
        named, by_name = names.get(one.name), one.kind is Kind.positional_or_keyword
        place = other or rest.get(Kind.var_positional)
        if named and named.kind is Kind.keyword_only:
            yield one, named, "is keyword-only now"
        elif named and other and named is not other and named.kind in POSITIONAL:
            yield one, named, "was moved"
        elif place is None or (by_name and (named or rest.get(Kind.var_keyword)) is None):
            yield one, None, ""
        elif by_name and named and named.kind is Kind.positional_only:
            yield one, named, "is positional-only now"
        else:
            yield one, place, ""
    for one in old.of(Kind.keyword_only):
        named = names.get(one.name)
        if named and named.kind not in BY_NAME:
            yield one, named, "is positional-only now"
        else:
            yield one, named or rest.get(Kind.var_keyword), ""
    for one in old.of(*VARIADIC):
        yield one, rest.get(one.kind), ""


def _kept(one: Parameter, other: Parameter) -> Iterator[Difference]:
    if one.kind is not other.kind:
        yield f"parameter {other.name} may be given in another way too", ADDITIVE, "calls of today do as before"
    if (one.default is None) != (other.default is None):
        if other.default is None:
            yield f"parameter is now required: {other.name}", BREAKING, "calls that leave it out fail"
        else:
            yield f"parameter {other.name} may be left out", ADDITIVE, "calls of today give it"
    elif one.default is not None and other.default is not None and not _same_value(one.default, other.default):
        what = f"parameter default was changed: {other.name}: {one.default} → {other.default}"
        yield what, BREAKING, "calls that leave it out do something else"


def _taken(one: Parameter, other: Parameter, fits: Fits) -> Iterator[Difference]:
    if not one.type.meaning or not other.type.meaning or one.type.meaning == other.type.meaning:
        return
    what = f"parameter {other.name}: {_change(one.type, other.type)}"
    if not fits(one.type, other.type):
        yield what, BREAKING, "what users give may not do"
    elif not fits(other.type, one.type):
        yield what, ADDITIVE, "a wider type"


def _same_value(one: str, other: str) -> bool:
    """Whether two defaults are one; of `...` in a stub nothing is known."""
    return one == other or "..." in (one, other) or literal(one) == literal(other) is not None


def literal(text: str) -> str | None:
    """Return a literal written in one way, None for anything else."""
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return None
