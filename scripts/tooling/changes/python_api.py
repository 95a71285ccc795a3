"""Compare the Python API that users see: the names in `paiflow.__all__` and `paiflow.mock.__all__`, and their members.

griffe reads the sources, without importing them. Each public name becomes an item, in which all that users can rely on is
said in one way: how it is called (python_calls.py), the types of what they give and get (python_types.py), what a class is
(python_classes.py). What users can write that stops working breaks; a type that they get may become narrower, one that
they give wider. Of a Protocol, which users fulfil with classes of their own, any demand more breaks too.
Private names, and what a class gets from a class outside, are left out.

Source: griffe, https://mkdocstrings.github.io/griffe/
"""

from __future__ import annotations

import ast
import logging
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import griffe

from tooling.changes import python_calls, python_classes
from tooling.changes.python_calls import Difference, Parameter, Signature, Type
from tooling.changes.python_classes import Object
from tooling.changes.python_types import ANYTHING, Ancestors, fits, members
from tooling.changes.verdicts import Finding, Side, Verdict, key_of, worst

BREAKING, ADDITIVE = Verdict.BREAKING, Verdict.ADDITIVE
MODULES = ("paiflow", "paiflow.mock")
GENERATED = "paiflow_api"

# Special methods that every class has, or that users do not call; what they do to a class see python_classes.abilities.
NOT_CALLED = frozenset({
    "__attrs_init__", "__attrs_post_init__", "__attrs_pre_init__", "__del__", "__doc__", "__eq__", "__format__",
    "__getstate__", "__hash__", "__init_subclass__", "__match_args__", "__module__", "__ne__", "__new__", "__post_init__",
    "__reduce__", "__reduce_ex__", "__repr__", "__rich_repr__", "__setstate__", "__slots__", "__str__", "__version__", "__weakref__",
})  # fmt: skip
# What Python does without the first, by the second.
INSTEAD = {"__contains__": "__iter__", "__iadd__": "__add__", "__ior__": "__or__", "__delattr__": "__init__"}


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
    gives: Type = Type()
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


@dataclass(frozen=True)
class PythonApi:
    """The public objects of the packages under two folders, by the names that users call them by."""

    items: dict[str, Item]

    @property
    def ancestors(self) -> Ancestors:
        """The ancestors of each public class."""
        return {name.rpartition(".")[2]: item.ancestors for name, item in self.items.items() if item.kind == "class"}


def load(src: Path, generated: Path) -> PythonApi:
    """Return the API of the packages `paiflow` in `src` and `paiflow_api` in `generated`.

    Raises:
        ImportError: there is no such package.
    """
    logger = logging.getLogger("griffe")
    former, logger.disabled = logger.disabled, True  # it warns of what is not installed
    try:
        loader = griffe.GriffeLoader(search_paths=[src, generated], allow_inspection=False)
        models = loader.load(GENERATED)["models"]  # before the package that exports all of its models
        package = loader.load("paiflow")
        loader.resolve_aliases(external=False)
        items = dict(_items(package, models))
    finally:
        logger.disabled = former
    # A class that is not public is nothing that users know an object by.
    public = {item.path for item in items.values() if item.kind == "class"}
    return PythonApi({name: replace(item, ancestors=_known(item.ancestors, public)) for name, item in items.items()})


def _known(ancestors: frozenset[str], public: set[str]) -> frozenset[str]:
    """Return the names of those classes that are public, or not ours."""
    ours = ("paiflow.", f"{GENERATED}.")
    return frozenset(path.rpartition(".")[2] for path in ancestors if path in public or not path.startswith(ours))


def findings(old: PythonApi, new: PythonApi, told: Mapping[str, Verdict]) -> Iterator[Finding]:
    """Yield what differs between two APIs.

    Args:
        old: the API as it was.
        new: the API as it is.
        told: verdicts for users that the description tells already, by `key_of`. Of a generated name nothing is said
            again that is not more severe; what comes with a new operation or component has no verdict of its own.
    """
    anything = worst(told.values())
    for name, what, verdict, why in _differences(old, new):
        item = old.items.get(name) or new.items[name]
        # A type that changes does so with the components that it names.
        keys = [item.key, *(re.findall(r"\w+", what.lower()) if what.startswith("type ") else ())]
        known = anything if verdict is ADDITIVE else worst(told[key] for key in keys if key in told)
        if item.is_generated and worst((verdict, known)) is known:
            continue
        place = f"paiflow.{name}"
        yield Finding(Side.PYTHON, place, what, Verdict.INVISIBLE, verdict, why, "python", name)


def _differences(old: PythonApi, new: PythonApi) -> Iterator[tuple[str, str, Verdict, str]]:
    classes = {**old.ancestors, **new.ancestors}
    # Of what a name of a type means, its uses say no more than itself.
    aliases = {
        name.rpartition(".")[2]: worst(verdict for _, verdict, _ in _meaning(item, new.items[name], classes))
        for name, item in old.items.items()
        if item.means and name in new.items
    }
    for name in dict.fromkeys((*old.items, *new.items)):
        one, other = old.items.get(name), new.items.get(name)
        owner = name.rpartition(".")[0]
        if owner and owner not in MODULES and (owner in old.items) != (owner in new.items):
            continue  # told of its class
        if one is None:
            found = [("added", ADDITIVE, "nobody uses it yet")]
            other = new.items[name]
        elif other is None and _is_there(new, owner, name.rpartition(".")[2]):
            continue
        elif other is None:
            found = [("removed", BREAKING, "whoever uses it gets an error")]
        else:
            found = list(_changes(one, other, classes, aliases))
        demanded = other is not None and other.demanded and (owner in old.items or one is not None)
        for what, verdict, why in found:
            if demanded and verdict is ADDITIVE:
                verdict, why = BREAKING, "whoever fulfils the protocol does not have it"
            yield name, what, verdict, why


def _is_there(api: PythonApi, owner: str, name: str) -> bool:
    """Whether a class has a member in another way: from the standard library, or Python does by another."""
    if owner not in api.items:
        return False
    return python_classes.inherits(api.items[owner].ancestors, name) or f"{owner}.{INSTEAD.get(name)}" in api.items


def _changes(one: Item, other: Item, classes: Ancestors, aliases: Mapping[str, Verdict]) -> Iterator[Difference]:
    """Yield what differs between an item and itself later."""

    def fitting(given: Type, taken: Type) -> bool:
        return fits(given.meaning, taken.meaning, classes)

    if one.kind != other.kind:
        if (one.kind, other.kind) == ("attribute", "function") and _may_be_called(one):
            return
        yield f"is a {other.kind} now, no {one.kind}", BREAKING, "it is used in another way"
        return
    if one.value is not None and other.value is not None and one.value != other.value:
        yield f"value {one.value} → {other.value}", BREAKING, "whoever relies on the value"
    for what in sorted(one.ancestors - other.ancestors):
        yield f"is no {what} any more", BREAKING, "isinstance, except and what is inherited stop working"
    for what in sorted(other.ancestors - one.ancestors):
        yield f"is a {what} too", ADDITIVE, "nobody relies on it yet"
    for what in sorted(one.can - other.can):
        yield f"cannot be {what} any more", BREAKING, "whoever does so gets an error"
    for what in sorted(other.can - one.can):
        yield f"can be {what}", ADDITIVE, "nobody does so yet"
    yield from _meaning(one, other, classes)
    changes = [*python_calls.given(one.gives, other.gives, fitting), *_ways(one.ways, other.ways, fitting)]
    for what, verdict, why in changes:
        alias, is_alias, _ = what.partition("type ")[2].partition(": ")
        known = worst(aliases[word] for word in re.findall(r"\w+", alias) if word in aliases)
        if not is_alias or worst((known, verdict)) is not known:
            yield what, verdict, why


def _may_be_called(item: Item) -> bool:
    return item.gives.meaning.partition("[")[0] in ("", "Callable")


def _meaning(one: Item, other: Item, classes: Ancestors) -> Iterator[Difference]:
    """Yield the change of what the name of a type means, wherever it is used."""
    if one.means and other.means and one.means != other.means:
        gone, come = (
            sorted(member for member in members(first) if not fits(member, second, classes))
            for first, second in ((one.means, other.means), (other.means, one.means))
        )
        if gone:
            yield f"means no {' or '.join(gone)} any more", BREAKING, "what users give may not do"
        if come:
            yield f"may be {' or '.join(come)} too", ADDITIVE, "nobody gives it yet"


def _ways(old: tuple[Signature, ...], new: tuple[Signature, ...], fitting: python_calls.Fits) -> Iterator[Difference]:
    """Yield the changes of signatures: of overloads, those that no new one takes the calls of, and that come."""
    if len(old) == len(new) == 1:
        yield from python_calls.differences(old[0], new[0], fitting)
        return

    def covers(one: Signature, other: Signature) -> bool:
        return all(verdict is not BREAKING for _, verdict, _ in python_calls.differences(one, other, fitting))

    if any(not any(covers(one, other) for other in new) for one in old[:-1] or old):
        yield "a way to call it was removed", BREAKING, "calls of today may fail"
    elif any(not any(covers(other, one) for one in old) for other in new[:-1] or new):
        yield "a way to call it was added", ADDITIVE, "nobody calls it so yet"


def _items(package: Object, models: Object) -> Iterator[tuple[str, Item]]:
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
    is_generated = target.path.startswith(GENERATED)  # nobody but the client makes a reply
    made = None if is_generated else python_classes.fields(target)
    if made is not None:
        ways = (_signature(made, Type(), target),)
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
    """Return what a name stands for in the end: for a second name of a class, the class."""
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


def _item(target: Object, *, demanded: bool) -> Item:
    if target.is_class:
        return Item(
            target.path, "class", ancestors=python_classes.ancestors(target), can=python_classes.abilities(target),
            demanded=demanded,
        )  # fmt: skip
    if target.is_function:
        return Item(target.path, "function", tuple(map(_way, [*(getattr(target, "overloads", None) or ()), target])),
                    can=frozenset({"called on the class"} if {"classmethod", "staticmethod"} & target.labels else ()), demanded=demanded)  # fmt: skip
    value, annotation = getattr(target, "value", None), getattr(target, "annotation", None)
    on_object = "instance-attribute" in target.labels and not python_classes.is_enum(target.parent)
    literal = None if value is None or on_object else python_calls.literal(str(value))
    is_alias = (
        target.parent.is_module and literal is None and str(annotation).rpartition(".")[2] in ("None", "TypeAlias")
    )
    return Item(
        target.path, "attribute", gives=Type() if is_alias else _type(annotation, target), value=literal,
        means=_type(value, target).meaning if is_alias else "",
        can=frozenset({"set"} if {"property", "writable"} <= target.labels else ()), demanded=demanded,
    )  # fmt: skip


def _way(function: Any) -> Signature:
    parameters = list(function.parameters)
    if function.parent.is_class and "staticmethod" not in function.labels:
        parameters = parameters[1:]
    returns = function.returns
    type_ = _type(returns, function)
    if "async" in function.labels and not _yields(function):
        text, meaning = (f"Coroutine[Any, Any, {found or 'Any'}]" for found in (type_.written, type_.meaning))
        type_ = Type(text, meaning)
    elif not type_.meaning and _yields(function):
        type_ = Type("Generator", "Generator")
    return _signature(parameters, type_, function)


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
            found += _signature(python_classes.fields(unpacked) or [], Type(), unpacked).parameters
    return Signature(tuple(found), gives)


def _unpacked(annotation: Any, near: Object) -> Object | None:
    """Return the typed dict whose keys are the arguments that `**options` takes."""
    if isinstance(annotation, griffe.ExprSubscript) and annotation.canonical_path.endswith(".Unpack"):
        return _project_object(near, getattr(annotation.slice, "canonical_path", ""))
    return None


def _type(annotation: Any, near: Object, depth: int = 5) -> Type:
    """Return a type as it is written, without modules, and what it means."""
    if annotation is None:
        return Type()
    written = re.sub(r"\b\w+\.(?=\w)", "", " ".join(str(annotation).split()))
    if not isinstance(annotation, griffe.Expr):
        return Type(written.strip("'\""), written.strip("'\""))
    parts = []
    for part in annotation.iterate(flat=True):
        if not isinstance(part, griffe.ExprName):
            parts.append(part)
            continue
        meant = _project_object(near, part.canonical_path) if depth else None
        value = getattr(meant, "value", None)
        if part.name == "Self":
            owner = near if near.is_class else near.parent
            parts.append(owner.name)
        elif meant is None or not meant.is_attribute or not isinstance(value, griffe.Expr) or meant.parent.is_class:
            parts.append(part.name)
        elif isinstance(value, griffe.ExprCall):  # a type variable
            bound = next((given.value for given in value.arguments if getattr(given, "name", "") == "bound"), ANYTHING)
            parts.append(f"({_type(bound, meant, depth - 1).meaning})")
        else:
            parts.append(f"({_type(value, meant, depth - 1).meaning})")
    return Type(written.strip("'\""), re.sub(r"\b[a-z_]\w*\.(?=\w)", "", "".join(map(str, parts))))
