"""Compare the Python API that users see: the names in `paiflow.__all__` and `paiflow.mock.__all__`, and their members.

griffe reads the sources, without importing them. Each public name becomes an item, in which all that users can rely on is
said in one way: how it is called (python_calls.py), the types of what they give and get (python_types.py), what a class is
(python_classes.py). What users can write that stops working breaks; a type that they get may become narrower, one that
they give wider. Of a Protocol, which users fulfil with classes of their own, any demand more breaks too.
Private names, and what a class gets from a class outside, are left out.

Source: griffe, https://mkdocstrings.github.io/griffe/
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import griffe

from tooling.changes import python_calls, python_classes
from tooling.changes.python_calls import Difference, Signature, Type
from tooling.changes.python_items import GENERATED, MODULES, Item, items_of
from tooling.changes.python_types import Ancestors, fits, members
from tooling.changes.verdicts import Finding, Side, Verdict, worst

BREAKING, ADDITIVE = Verdict.BREAKING, Verdict.ADDITIVE
# What Python does without the first, by the second.
INSTEAD = {"__contains__": "__iter__", "__iadd__": "__add__", "__ior__": "__or__", "__delattr__": "__init__"}


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
        items = dict(items_of(package, models))
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
    """Yield the differences of two APIs.

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
            found = [("added", ADDITIVE, "no client uses it yet")]
            other = new.items[name]
        elif other is None and _is_there(new, owner, name.rpartition(".")[2]):
            continue
        elif other is None:
            found = [("removed", BREAKING, "code that uses it gets an error")]
        else:
            found = list(_changes(one, other, classes, aliases))
        demanded = other is not None and other.demanded and (owner in old.items or one is not None)
        for what, verdict, why in found:
            if demanded and verdict is ADDITIVE:
                yield name, what, BREAKING, "objects that fulfil the protocol lack it"
            else:
                yield name, what, verdict, why


def _is_there(api: PythonApi, owner: str, name: str) -> bool:
    """Whether a class has a member in another way: from the standard library, or Python does by another."""
    if owner not in api.items:
        return False
    return python_classes.inherits(api.items[owner].ancestors, name) or f"{owner}.{INSTEAD.get(name)}" in api.items


# Of sets of an item: what goes and what comes, in words, and why.
SETS = {
    "ancestors": ("is no {} any more", "isinstance, except and what is inherited stop working", "is a {} too"),
    "can": ("cannot be {} any more", "code that does so gets an error", "can be {}"),
}


def _changes(one: Item, other: Item, classes: Ancestors, aliases: Mapping[str, Verdict]) -> Iterator[Difference]:
    """Yield the differences of an old and a new item."""

    def fitting(given: Type, taken: Type) -> bool:
        return fits(given.meaning, taken.meaning, classes)

    if one.kind != other.kind:
        if (one.kind, other.kind) != ("attribute", "function") or not _may_be_called(one):
            yield f"is a {other.kind} now, no {one.kind}", BREAKING, "it is used in another way"
        return
    if one.value != other.value and None not in (one.value, other.value):
        yield f"value {one.value} → {other.value}", BREAKING, "code may rely on the value"
    for key, (gone, why, come) in SETS.items():
        before, after = getattr(one, key), getattr(other, key)
        yield from ((gone.format(what), BREAKING, why) for what in sorted(before - after))
        yield from ((come.format(what), ADDITIVE, "no code relies on it yet") for what in sorted(after - before))
    yield from _meaning(one, other, classes)
    for what, verdict, why in (
        *python_calls.given(one.gives, other.gives, fitting),
        *_ways(one.ways, other.ways, fitting),
    ):
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
            yield f"may be {' or '.join(come)} too", ADDITIVE, "no code gives it yet"


def _ways(old: tuple[Signature, ...], new: tuple[Signature, ...], fitting: python_calls.Fits) -> Iterator[Difference]:
    """Yield the changes of signatures: of overloads, those that no new one takes the calls of, and that come."""
    if len(old) == len(new) == 1:
        yield from python_calls.differences(old[0], new[0], fitting)
        return

    def covers(one: Signature, other: Signature) -> bool:
        return all(verdict is not BREAKING for _, verdict, _ in python_calls.differences(one, other, fitting))

    overloads, overloads_now = old[:-1] or old, new[:-1] or new
    lost = [one for one in overloads if not any(covers(one, other) for other in new)]
    if lost and len(overloads) == len(overloads_now):
        for one, other in zip(overloads, overloads_now, strict=True):
            yield from python_calls.differences(one, other, fitting) if one in lost else ()
    elif lost:
        yield "a way to call it was removed", BREAKING, "calls of today may fail"
    elif any(not any(covers(other, one) for one in old) for other in overloads_now):
        yield "a way to call it was added", ADDITIVE, "no code calls it so yet"
