"""Compare classes apart from their members: constructor, bases, and operations on their objects.

Classes of attrs, named tuples and typed dicts are made by arguments that follow from their fields, as griffe knows it of
dataclasses.

Source: attrs.define, dataclasses.dataclass, typing.NamedTuple and typing.TypedDict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import griffe
from griffe import ParameterKind as Kind

from tooling.changes.python_types import ancestors_of, standard

Object: TypeAlias = griffe.Object | griffe.Alias

# What decorators say where nothing is said.
_DATACLASS = {"init": True, "eq": True, "order": False, "frozen": False, "kw_only": False}
MAKERS = {
    "dataclasses.dataclass": _DATACLASS,
    **{f"{module}.{name}": _DATACLASS for module in ("attr", "attrs") for name in ("define", "mutable", "s", "attrs")},
    **{f"{module}.frozen": _DATACLASS | {"frozen": True} for module in ("attr", "attrs")},
}
TUPLE, DICT = "typing.NamedTuple", "typing.TypedDict"
FIELDS = ("attrs.field", "attr.field", "attr.ib", "attr.attrib")

# Say nothing of a class that users rely on.
_NO_ANCESTORS = frozenset({"object", "Generic", "Protocol", "ABC", "NamedTuple", "TypedDict"})


def lineage(target: Object) -> list[Object]:
    """Return a class and its ancestors in the project, in the order in which Python looks at them."""
    try:
        return [target, *target.mro()]  # type: ignore[union-attr]  # of classes only
    except ValueError:
        return [target]


def ancestors(target: Object) -> frozenset[str]:
    """Return the paths of a class and of all that it derives from; of classes of the standard library, the names."""
    found = set()
    for ancestor in lineage(target):
        found.add(ancestor.path)
        for path in _bases(ancestor):
            kind = {TUPLE: tuple, DICT: dict}.get(path) or standard(path.rpartition(".")[2])
            found |= ancestors_of(kind) if kind else {path}
    return frozenset(path for path in found if path.rpartition(".")[2] not in _NO_ANCESTORS)


def inherits(ancestors: frozenset[str], name: str) -> bool:
    """Whether one of some ancestors is a class of the standard library that has a member, not to be written yet."""
    kinds = filter(None, map(standard, ancestors))
    return any(hasattr(kind, name) and name not in getattr(kind, "__abstractmethods__", ()) for kind in kinds)


def is_protocol(target: Object) -> bool:
    """Whether users may write classes of their own that are taken for this one."""
    return any(path.endswith(".Protocol") for path in _bases(target))


def is_enum(target: Object) -> bool:
    """Whether the attributes of a class are the members of an enum."""
    return "Enum" in ancestors(target)


def abilities(target: Object) -> frozenset[str]:
    """Return the uses of a class and its objects, in words that complete "cannot be … any more"."""
    can = {"hashed", "subclassed", "assigned to"}
    line = lineage(target)
    for owner in reversed(line):
        if settings := _settings(owner):
            can -= {"assigned to"} if settings["frozen"] else set()
            can |= {"compared by value"} if settings["eq"] else set()
            can |= {"put in order"} if settings["order"] else set()
            hashed = settings["frozen"] or not settings["eq"] or settings.get("unsafe_hash") or settings.get("hash")
            can = can | {"hashed"} if hashed else can - {"hashed"}
        if "__eq__" in owner.members:
            can |= {"compared by value"}
        if {"__eq__", "__hash__"} & owner.members.keys():
            by_hand = owner.members.get("__hash__")
            can = can | {"hashed"} if by_hand is not None and by_hand.is_function else can - {"hashed"}
        if any(str(decorator.value).endswith("final") for decorator in getattr(owner, "decorators", ())):
            can -= {"subclassed"} if owner is target else set()
    if is_protocol(target):
        can.add("met by a class of one's own")
    elif not any("abstractmethod" in member.labels for member in target.all_members.values()):
        can.add("instantiated")
    if TUPLE in _bases(target):
        can.add(f"unpacked into {len(list(_own_fields(target)))}")
    return frozenset(can)


def fields(target: Object) -> list[griffe.Parameter] | None:
    """Return the arguments of a class that follow from its fields; None where it has an `__init__`, or none of its own.

    Dataclasses have one: griffe makes it.
    """
    line = lineage(target)
    maker = next((owner for owner in line if "__init__" in owner.members or _is_made(owner)), None)
    if maker is None or "__init__" in maker.members:
        return None
    if (_settings(maker) or {}).get("init") is False:
        return []
    found: dict[str, griffe.Parameter] = {}
    for owner in reversed(line[line.index(maker) :]):
        for field in _own_fields(owner) if _is_made(owner) else ():
            found.pop(field.name, None)  # attrs puts a field that is defined anew behind the others
            found[field.name] = field
    return sorted(found.values(), key=lambda field: field.kind is Kind.keyword_only)


def _bases(target: Object) -> list[str]:
    return [getattr(base, "canonical_path", str(base)) for base in getattr(target, "bases", ())]


def _is_made(owner: Object) -> bool:
    return _settings(owner) is not None or bool({TUPLE, DICT} & set(_bases(owner)))


def _settings(owner: Object) -> dict[str, Any] | None:
    """Return the arguments of the decorator that makes a class; None if it has no such decorator."""
    for decorator in getattr(owner, "decorators", ()):
        path = getattr(decorator.value, "canonical_path", "")
        if path in MAKERS:
            said = {
                key: value == "True" for key, value in keywords(decorator.value).items() if value in ("True", "False")
            }
            return MAKERS[path] | said
    return None


def _own_fields(owner: Object) -> Iterator[griffe.Parameter]:
    """Yield the fields that a class adds itself, as parameters."""
    optional = str(getattr(owner, "keywords", {}).get("total")) == "False"
    named = bool((_settings(owner) or {}).get("kw_only")) or DICT in _bases(owner)
    defaults = {
        str(decorator.value).removesuffix(".default")
        for member in owner.members.values()
        for decorator in getattr(member, "decorators", ())
        if str(decorator.value).endswith(".default")
    }
    for name, member in owner.members.items():
        annotation, value = getattr(member, "annotation", None), getattr(member, "value", None)
        made = getattr(value, "canonical_path", "") in FIELDS
        said = keywords(value) if made else {}
        on_class = "class-attribute" in member.labels and "instance-attribute" not in member.labels
        if not member.is_attribute or "property" in member.labels or on_class:
            continue
        if (annotation is None and not made) or said.get("init") == "False":
            continue
        default = said.get("default") if made else None if value is None else str(value)
        if "factory" in said:
            default = f"{said['factory']}()"
        said_so = re.search("(Not)?Required", str(annotation))
        if name in defaults or (said_so[1] if said_so else optional):
            default = "..."
        yield griffe.Parameter(
            said.get("alias", repr(name.lstrip("_"))).strip("'\""),
            annotation=annotation,
            kind=Kind.keyword_only if said.get("kw_only", str(named)) == "True" else Kind.positional_or_keyword,
            default=default,
        )


def keywords(call: Any) -> dict[str, str]:
    """Return the arguments that a call gives by name, as texts."""
    return {
        str(argument.name): str(argument.value)
        for argument in getattr(call, "arguments", ())
        if isinstance(argument, griffe.ExprKeyword)
    }
