"""Read the public names of the packages as items, in which all that users can rely on is said in one way.

griffe reads the sources, without importing them. Names of types are replaced by their meaning, and a `Self` by its class.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import griffe

from tooling.changes import python_calls, python_classes
from tooling.changes.python_calls import NOTHING, Parameter, Signature, Type
from tooling.changes.python_classes import Object
from tooling.changes.python_types import ANYTHING
from tooling.changes.verdicts import key_of

MODULES = ("paiflow", "paiflow.mock")
GENERATED = "paiflow_api"

# Special methods that every class has, or that users do not call; what they do to a class see python_classes.abilities.
NOT_CALLED = frozenset({
    "__attrs_init__", "__attrs_post_init__", "__attrs_pre_init__", "__del__", "__doc__", "__eq__", "__format__",
    "__getstate__", "__hash__", "__init_subclass__", "__match_args__", "__module__", "__ne__", "__new__", "__post_init__",
    "__reduce__", "__reduce_ex__", "__repr__", "__rich_repr__", "__setstate__", "__slots__", "__str__", "__version__", "__weakref__",
})  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One public object: where it is defined, and all that users can rely on.

    Attributes:
        kind: class, function or attribute.
        ways: its signature, and before it those of its overloads.
        gives: the type of an attribute.
        value: of a constant, as a literal.
        means: of a name of a type.
        ancestors: of a class.
        can: be done with a class or a function, such as "called on the class".
        demanded: whether it is a Protocol, or of one.
    """

    path: str
    kind: str
    ways: tuple[Signature, ...] = ()
    gives: Type = NOTHING
    value: str | None = None
    means: str = ""
    ancestors: frozenset[str] = frozenset()
    can: frozenset[str] = frozenset()
    demanded: bool = False

    @property
    def is_generated(self) -> bool:
        """Whether it follows from the description."""
        return self.path.partition(".")[0] == GENERATED

    @property
    def key(self) -> str:
        """Its name in the description, by `key_of`: of an operation, a component, or a component and a field."""
        *_, module, owner, name = ["", *self.path.split(".")]
        if module == "methods":
            return re.sub("^iter", "list", key_of(name))
        return key_of(f"{owner}.{name}" if owner[:1].isupper() else name)


def items_of(package: Object, models: Object) -> Iterator[tuple[str, Item]]:
    """Yield the public objects by the names that users call them by; those of a class after it."""
    for module in MODULES:
        _, _, below = module.partition(".")
        if below and below not in package.members:
            continue
        node = package[below] if below else package
        for name in node.exports or ():
            public = f"{below}.{name}" if below else str(name)
            # griffe does not take what only type checkers import for what a star imports.
            home = node if str(name) in node.members else models
            try:
                target = _final(home[str(name)])
            except (KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
                continue  # named, and not there
            yield from _with_members(public, target)


def _with_members(public: str, target: Object, *, demanded: bool = False) -> Iterator[tuple[str, Item]]:
    demanded = demanded or (target.is_class and python_classes.is_protocol(target))
    yield public, _item(target, demanded=demanded)
    if not target.is_class:
        return
    is_generated = target.path.startswith(GENERATED)  # only the client makes a reply
    made = None if is_generated else python_classes.fields(target)
    if made is not None:
        ways = (_signature(made, NOTHING, target),)
        yield f"{public}.__init__", Item(f"{target.path}.__init__", "function", ways)
    for name, member in target.all_members.items():
        special = name.startswith("__") and name.endswith("__") and name not in NOT_CALLED
        if (name.startswith("_") and not special) or (name == "__init__" and (made is not None or is_generated)):
            continue
        try:
            found = _final(member)
        except (griffe.AliasResolutionError, griffe.CyclicAliasError):
            continue
        if found.path.partition(".")[0] in ("paiflow", GENERATED):
            yield from _with_members(f"{public}.{name}", found, demanded=demanded)


def _final(found: Object) -> Object:
    """Resolve a name: for a second name of a class, the class."""
    target = found.final_target if isinstance(found, griffe.Alias) else found
    value = getattr(target, "value", None)
    if target.parent and target.parent.is_module and isinstance(value, griffe.ExprName):
        meant = _project_object(target, value.canonical_path)
        return meant if meant and meant.is_class else target
    return target


def _project_object(near: Object, path: str) -> Object | None:
    try:
        found = near.modules_collection[path]
        return found.final_target if isinstance(found, griffe.Alias) else found
    except (KeyError, ValueError, griffe.AliasResolutionError, griffe.CyclicAliasError):
        return None


def _item(target: Any, *, demanded: bool) -> Item:
    if target.is_class:
        ancestors, abilities = python_classes.ancestors(target), python_classes.abilities(target)
        return Item(target.path, "class", ancestors=ancestors, can=abilities, demanded=demanded)
    if target.is_function:
        ways = tuple(map(_way, [*(getattr(target, "overloads", None) or ()), target]))
        on_class = {"called on the class"} if {"classmethod", "staticmethod"} & target.labels else ()
        return Item(target.path, "function", ways, can=frozenset(on_class), demanded=demanded)
    value, annotation = getattr(target, "value", None), getattr(target, "annotation", None)
    if _is_alias(target):
        return Item(target.path, "attribute", means=_type(value, target).meaning)
    type_ = _type(annotation, target)
    on_object = "instance-attribute" in target.labels and not python_classes.is_enum(target.parent)
    return Item(
        target.path,
        "attribute",
        gives=_awaited(type_) if "async" in target.labels else type_,
        value=None if value is None or on_object else python_calls.literal(str(value)),
        can=frozenset({"set"} if {"property", "writable"} <= target.labels else ()),
        demanded=demanded,
    )


def _is_alias(target: Any) -> bool:
    """Whether an attribute is the name of a type."""
    said = str(target.annotation).rpartition(".")[2] if getattr(target, "annotation", None) else ""
    is_type = isinstance(getattr(target, "value", None), griffe.ExprSubscript | griffe.ExprBinOp | griffe.ExprName)
    return bool(target.parent.is_module and is_type and said in ("", "TypeAlias"))


def _way(function: Any) -> Signature:
    parameters = list(function.parameters)
    if function.parent.is_class and "staticmethod" not in function.labels:
        parameters = parameters[1:]
    returns = function.returns
    type_ = _type(returns, function)
    if "async" in function.labels and not _yields(function):
        type_ = _awaited(type_)
    elif not type_.meaning and _yields(function):
        type_ = Type("Generator", "Generator")
    return _signature(parameters, type_, function)


def _awaited(type_: Type) -> Type:
    """Return the awaited type of a coroutine function, from its annotation."""
    return Type(*(f"Coroutine[Any, Any, {found or 'Any'}]" for found in (type_.written, type_.meaning)))


def _yields(function: Any) -> bool:
    """Whether a function is a generator, where its types alone do not say so."""
    head = str(function.returns or "").partition("[")[0].rpartition(".")[2]
    if head and not ("async" in function.labels and head.startswith("Async")):
        return False
    try:
        (node,) = ast.parse(textwrap.dedent(function.source)).body
    except (SyntaxError, ValueError):
        return False
    inner = {id(child) for found in ast.walk(node) if found is not node and isinstance(found, _FUNCTIONS)
             for child in ast.walk(found)}  # fmt: skip
    return any(isinstance(found, ast.Yield | ast.YieldFrom) and id(found) not in inner for found in ast.walk(node))


_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _signature(parameters: list[griffe.Parameter], gives: Type, near: Object) -> Signature:
    found = []
    for one in parameters:
        default = None if one.default is None else str(one.default)
        unpacked = _unpacked(one.annotation, near) if one.kind is griffe.ParameterKind.var_keyword else None
        if unpacked is None:
            found.append(Parameter(one.name, one.kind, default, _type(one.annotation, near)))
        else:
            found += _signature(python_classes.fields(unpacked) or [], NOTHING, unpacked).parameters
    return Signature(tuple(found), gives)


def _unpacked(annotation: Any, near: Object) -> Object | None:
    """Return the typed dict whose keys are the arguments that `**options` takes."""
    if isinstance(annotation, griffe.ExprSubscript) and annotation.canonical_path.endswith(".Unpack"):
        return _project_object(near, getattr(annotation.slice, "canonical_path", ""))
    return None


def _type(annotation: Any, near: Any, depth: int = 5) -> Type:
    """Return a type as it is written, without modules, and what it means."""
    written = "" if annotation is None else " ".join(str(annotation).split())
    written = re.sub(r"\b\w+\.(?=\w)", "", written).strip("'\"")
    if written in ("", "Final", "ClassVar"):
        return NOTHING
    if not isinstance(annotation, griffe.Expr):
        return Type(written, written)
    parts = [
        _meaning(part, near, depth) if isinstance(part, griffe.ExprName) else str(part)
        for part in annotation.iterate(flat=True)
    ]
    return Type(written, re.sub(r"\b[a-z_]\w*\.(?=\w)", "", "".join(parts)))


def _meaning(name: griffe.ExprName, near: Any, depth: int) -> str:
    """Resolve a name in a type: for an alias its value, for a type variable its bound."""
    if name.name == "Self":
        return str((near if near.is_class else near.parent).name)
    meant: Any = _project_object(near, name.canonical_path) if depth else None
    value = getattr(meant, "value", None)
    if meant is None or not meant.is_attribute or not isinstance(value, griffe.Expr) or meant.parent.is_class:
        return name.name
    if isinstance(value, griffe.ExprCall):  # a type variable
        given = (one.value for one in value.arguments if isinstance(one, griffe.ExprKeyword) and one.name == "bound")
        value = next(given, ANYTHING)
    return f"({_type(value, meant, depth - 1).meaning})"
