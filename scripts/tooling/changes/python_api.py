"""Compare the Python API that users see: the names in `paiflow.__all__` and `paiflow.mock.__all__`, and their members.

griffe reads the sources, without importing them, and says what breaks. What it does not say is compared here: what has
been added, what __all__ does not name any more, and types. A type that users get may become narrower, one that they
give wider; anything else breaks. Private names, and what a class gets from a class outside, are left out.

Source: griffe, https://mkdocstrings.github.io/griffe/guide/users/checking/
"""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import griffe

from tooling.changes.verdicts import Finding, Side, Verdict, key_of, worst

MODULES = ("paiflow", "paiflow.mock")
GENERATED = "paiflow_api"


@dataclass(frozen=True)
class Item:
    """One public object: where it is defined, what users get from it, what they give it."""

    path: str
    gives: str
    takes: dict[str, str]

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

    package: griffe.Object | griffe.Alias
    items: dict[str, Item]


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
        return PythonApi(package, dict(_items(package, models)))
    finally:
        logger.disabled = former


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
        known = anything if verdict is Verdict.ADDITIVE else worst(told[key] for key in keys if key in told)
        if item.is_generated and worst((verdict, known)) is known:
            continue
        place = f"paiflow.{name}"
        yield Finding(Side.PYTHON, place, what, Verdict.INVISIBLE, verdict, why, "python", name)


def _differences(old: PythonApi, new: PythonApi) -> Iterator[tuple[str, str, Verdict, str]]:
    names: dict[str, list[str]] = {}
    for name, item in old.items.items():
        names.setdefault(item.path, []).append(name)
    seen = set()
    for breakage in griffe.find_breaking_changes(old.package, new.package):
        for name in names.get(breakage.obj.path, ()):
            if breakage.kind is griffe.BreakageKind.OBJECT_REMOVED or _is_of_no_account(breakage):
                continue
            seen.add(name)
            yield name, _told(breakage), Verdict.BREAKING, "griffe: calls or uses of today may fail"
    for name in dict.fromkeys((*old.items, *new.items)):
        one, other = old.items.get(name), new.items.get(name)
        owner = name.rpartition(".")[0]
        if owner and owner not in MODULES and (owner in old.items) != (owner in new.items):
            continue  # told of its class
        if other is None:
            yield name, "removed", Verdict.BREAKING, "whoever uses it gets an error"
        elif one is None:
            yield name, "added", Verdict.ADDITIVE, "nobody uses it yet"
        elif name not in seen:
            yield from ((name, *change) for change in _types(one, other))


def _types(old: Item, new: Item) -> Iterator[tuple[str, Verdict, str]]:
    if old.gives != new.gives and old.gives and new.gives:
        narrower = _members(new.gives) <= _members(old.gives)
        verdict, why = (Verdict.ADDITIVE, "a narrower type") if narrower else (Verdict.BREAKING, "not always as it was")
        yield f"type {old.gives} → {new.gives}", verdict, why
    for name, given in new.takes.items():
        before = old.takes.get(name)
        if before is None:
            # One that must be given is griffe's to tell.
            yield f"parameter {name} added", Verdict.ADDITIVE, "nobody gives it yet"
        elif before != given and before and given:
            wider = _members(given) >= _members(before)
            verdict, why = (
                (Verdict.ADDITIVE, "a wider type") if wider else (Verdict.BREAKING, "what users give may not do")
            )
            yield f"parameter {name}: type {before} → {given}", verdict, why


def _items(package: griffe.Object | griffe.Alias, models: griffe.Object | griffe.Alias) -> Iterator[tuple[str, Item]]:
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
            yield public, _item(target)
            if target.is_class:
                yield from ((f"{public}.{member}", item) for member, item in _members_of(target))


def _members_of(target: griffe.Object | griffe.Alias) -> Iterator[tuple[str, Item]]:
    for name, member in target.all_members.items():
        if name.startswith("_") and name != "__init__":
            continue
        try:
            found = _final(member)
        except (griffe.AliasResolutionError, griffe.CyclicAliasError):
            continue
        if found.path.partition(".")[0] in ("paiflow", GENERATED):
            yield name, _item(found)


def _final(found: griffe.Object | griffe.Alias) -> griffe.Object | griffe.Alias:
    return found.final_target if isinstance(found, griffe.Alias) else found


def _item(target: griffe.Object | griffe.Alias) -> Item:
    if target.is_function:
        parameters = getattr(target, "parameters", ())
        takes = {found.name: _type(found.annotation) for found in parameters if found.name not in ("self", "cls")}
        return Item(target.path, _type(getattr(target, "returns", None)), takes)
    return Item(target.path, _type(getattr(target, "annotation", None)) if target.is_attribute else "", {})


def _type(annotation: object) -> str:
    """Return a type as text, without the modules that its names are taken from."""
    return "" if annotation is None else re.sub(r"\b\w+\.(?=\w)", "", str(annotation)).strip("'\"")


def _members(annotation: str) -> set[str]:
    """Return the members of a union, those of lists and the like left as they are."""
    found, depth, start = set(), 0, 0
    for place, letter in enumerate(f"{annotation}|"):
        depth += (letter in "[(") - (letter in "])")
        if letter == "|" and not depth:
            found.add(annotation[start:place].strip())
            start = place + 1
    return found


def _is_of_no_account(breakage: griffe.Breakage) -> bool:
    """Whether a value changed that users do not rely on: how an attribute comes to its default, no constant."""
    if breakage.kind is not griffe.BreakageKind.ATTRIBUTE_CHANGED_VALUE:
        return False
    try:
        ast.literal_eval(str(breakage.old_value))
        ast.literal_eval(str(breakage.new_value))
    except (ValueError, SyntaxError):
        return True
    return False


def _told(breakage: griffe.Breakage) -> str:
    """Return a breakage in words."""
    words = [breakage.kind.value.lower()]
    values = [" ".join(str(value).split()) for value in (breakage.old_value, breakage.new_value) if value is not None]
    return f"{words[0]}: {' → '.join(values)}" if values else words[0]
