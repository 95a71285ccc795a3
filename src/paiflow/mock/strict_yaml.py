"""Read a YAML document strictly: every key is known, every value checked, all faults reported with file, line and name."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import yaml

from paiflow import _yaml
from paiflow._text import close_to
from paiflow.errors import ConfigurationError
from paiflow.mock.checks import Check

__all__ = ["Section", "read_document"]

Path_ = tuple[str | int, ...]


@attrs.frozen
class _Source:
    name: str
    lines: dict[Path_, int]
    faults: list[tuple[int, str]] = attrs.field(factory=list)

    def place(self, path: Path_) -> str:
        """Return file and line of what stands at a path of keys and indexes."""
        return f"{self.name}:{self.lines.get(path, 1)}"


class Section:
    """One mapping of a document. What is wrong with it is collected, so that all of it can be reported at once.

    Attributes:
        place: file and line where it begins.
    """

    def __init__(self, source: _Source, path: Path_, value: Any) -> None:
        self._source = source
        self._path = path
        self.place: str = source.place(path)
        # Of each key that is not known the question after the known one; empty if none is near.
        self._meant: list[str] = []
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.report("it has to be a mapping")

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def report(self, reason: str, *below: str | int) -> None:
        """Record a fault of this section, or of one below it."""
        path = (*self._path, *below)
        name = "".join([f"[{key}]" if isinstance(key, int) else f".{key}" for key in path]).removeprefix(".")
        text = ": ".join(filter(None, [self._source.place(path), name, reason]))
        self._source.faults.append((self._source.lines.get(path, 1), text))

    def check(self) -> None:
        """Do nothing if nothing is wrong with the document so far.

        Raises:
            ConfigurationError: something is; a line for each fault, in the order of the file.
        """
        if self._source.faults:
            in_order = sorted(self._source.faults, key=lambda fault: fault[0])
            raise ConfigurationError("\n".join(dict.fromkeys(text for _, text in in_order)))

    def known(self, *keys: str) -> None:
        """Check that there are no other keys than these."""
        for key in self._value:
            if key not in keys:
                near = close_to(str(key), keys)
                self._meant.append(near)
                self.report(f"no such key; known are {', '.join(keys)}{near}", key)

    def rest(self, *keys: str) -> dict[str, Any]:
        """Return the values of all other keys, unchecked."""
        return {key: value for key, value in self._value.items() if key not in keys}

    def get(self, key: str, check: Check) -> Any:
        """Return the value of a key, checked; None if it is not there."""
        return self.must(key, check) if key in self._value else None

    def must(self, key: str, check: Check) -> Any:
        """Return the value of a key, checked; None if it is not there or not valid, which is reported."""
        try:
            return check(self._value[key])
        except KeyError:
            if "" not in self._meant and close_to(key, [key]) not in self._meant:  # it is there, misspelt
                self.report(f"{key} is missing")
        except ValueError as error:
            self.report(str(error), key)
        return None

    def sections(self, key: str) -> list["Section"]:
        """Return the mappings of the list under a key, none if the key is not there."""
        value = self._value.get(key, [])
        if not isinstance(value, list):
            self.report("it has to be a list", key)
            return []
        sections = [Section(self._source, (*self._path, key, index), item) for index, item in enumerate(value)]
        return [section for section, item in zip(sections, value, strict=True) if isinstance(item, dict)]

    def section(self, key: str) -> "Section":
        """Return the mapping under a key."""
        return Section(self._source, (*self._path, key), self._value.get(key))


def read_document(path: str | os.PathLike[str]) -> Section:
    """Return a YAML or JSON file, which has to be a mapping.

    Raises:
        ConfigurationError: it cannot be read, or is something else.
    """
    try:
        value = _yaml.load_file(path)
    except _yaml.YamlError as error:
        raise ConfigurationError(str(error)) from error
    lines: dict[Path_, int] = {}
    # JSON that is not YAML (tabs, surrogate pairs) has no lines; it is read all the same.
    with contextlib.suppress(yaml.YAMLError):
        lines.update(_lines(yaml.compose(Path(path).read_text("utf-8-sig"), Loader=yaml.SafeLoader), ()))
    document = Section(_Source(str(path), lines), (), value)
    document.check()
    return document


def _lines(node: Any, path: Path_) -> Iterator[tuple[Path_, int]]:
    """Yield the line, from 1, of every key and every item, by its path."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _lines(item, (*path, index))
