"""Read and write YAML 1.2 and JSON text as plain dicts, lists, strings, numbers, booleans and None.

PyYAML parses and emits; what a scalar means is decided here, by the core schema of YAML 1.2.
So `yes`, `on`, `2021-02-02` and `1:30` are strings, and `010` is ten.
PyYAML is not a core dependency: nothing that `import paiflow` loads may import this module.

Source: YAML 1.2.2, section 10.3 (core schema); RFC 9512, section 3.4 (YAML that is also JSON).
"""

import copy
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml
from yaml.reader import Reader

from paiflow import _json
from paiflow.errors import PaiFlowError

_TAG = "tag:yaml.org,2002:"

# The regular expressions of YAML 1.2.2, section 10.3.2, each with the first characters that it can start with.
_CORE_SCHEMA = (
    ("null", re.compile(r"(?:null|Null|NULL|~|)\Z"), "nN~"),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF"),
    ("int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), "-+0123456789"),
    (
        "float",
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        "-+.0123456789",
    ),
)

# PyYAML would write some of these raw, or as line breaks; in double quotes it escapes them all.
_NEEDS_ESCAPES = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")

# Aliases are written out where they stand, so a small text could ask for an endless tree ("billion laughs").
_MAX_VALUES = 200_000
_MAX_DEPTH = 200


class YamlError(PaiFlowError, ValueError):
    """Text that is not YAML or JSON as we take it, in one line: file, line, column, reason."""

    exit_code = 2

    def __init__(self, message: str, *, line: int = 1, column: int = 1, reason: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.reason = message if reason is None else reason


def load(text: str, source: str = "<text>") -> Any:
    """Return the value of one YAML or JSON document; None for an empty one.

    A mapping's keys are strings: an unquoted `200:` is the key "200", as written. An alias is
    written out, so no two places share an object. Text that starts like JSON is tried as JSON
    first, because JSON allows tabs and escaped surrogate pairs where YAML does not.

    Args:
        text: the document; a byte order mark is ignored.
        source: what an error calls it, usually the file's name.

    Raises:
        YamlError: the text does not parse, a key occurs twice or is not a scalar, a tag is not one of
            the core schema's, an alias stands within its own anchor, or merge keys (`<<`) are used.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _json.read(text)
        except (ValueError, RecursionError):
            pass  # YAML's flow style, or an error that the YAML reader places better
    return locate(text, source).value


@dataclass(frozen=True)
class Located:
    """The value of a document, and line and column of each place in it: the keys and indices that lead there."""

    value: Any
    lines: dict[tuple[str | int, ...], int]
    columns: dict[tuple[str | int, ...], int]

    def line(self, place: tuple[str | int, ...]) -> int:
        """Return the line, from 1, of what is at a place; of what holds it, if it is not there."""
        return next(line for end in range(len(place), -1, -1) if (line := self.lines.get(place[:end])))


def locate(text: str, source: str = "<text>") -> Located:
    """Return the value of one YAML document, with its lines; what an alias stands for is in the alias's line.

    Raises:
        YamlError: as for `load`.
    """
    text = text.removeprefix("\ufeff")
    unprintable = Reader.NON_PRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        column = unprintable.start() - text.rfind("\n", 0, unprintable.start())
        reason = f"character U+{ord(unprintable.group()):04X} is not allowed"
        raise YamlError(f"{source}:{line}:{column}: {reason}", line=line, column=column, reason=reason)
    try:
        builder = _Builder(_events(text, source), source)
        return Located(builder.document(), builder.lines, builder.columns)
    except yaml.MarkedYAMLError as error:
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise _at(source, error.problem_mark or error.context_mark, reason) from error
    except RecursionError as error:
        raise YamlError(f"{source}: nests too deeply", reason="nests too deeply") from error


def load_file(path: str | os.PathLike[str]) -> Any:
    """Return the value of a YAML or JSON file in UTF-8.

    Raises:
        YamlError: as for `load`; also a file that cannot be read or is not UTF-8.
    """
    return load(_read(path), str(path))


def locate_file(path: str | os.PathLike[str]) -> Located:
    """Return the value of a YAML file in UTF-8, with its lines.

    Raises:
        YamlError: as for `load_file`.
    """
    return locate(_read(path), str(path))


def _read(path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise YamlError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise YamlError(f"{path}: not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02X}") from error


def dump(value: Any) -> str:
    """Return a value as YAML in block style: `load(dump(x)) == x`, for all that JSON can hold.

    Keys keep their order, text of several lines is a literal block where YAML can hold it so,
    lines are folded at about 120 characters, nothing is an alias. Same value, same text.

    Raises:
        TypeError: a key is not a string, or a value is not a dict, list, str, int, float, bool or None.
        YamlError: the value nests too deeply.
    """
    try:
        text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    except RecursionError as error:
        raise YamlError("the value nests too deeply to be written") from error
    except yaml.representer.RepresenterError as error:
        raise TypeError(f"not a YAML value: {error.args[-1]!r}") from error
    return text


def _events(text: str, source: str) -> Iterator[Any]:
    """Yield the parser's events, from libyaml where PyYAML has it.

    Events, because libyaml's tree composer overflows the C stack on deep nesting and kills the process.
    An error is told by the Python parser: its words are clearer and the same on every machine.
    """
    if yaml.__with_libyaml__:
        try:
            events = _bounded(yaml.parse(text, Loader=yaml.CSafeLoader), source)
        except yaml.YAMLError:
            pass
        else:
            return iter(events)
    return iter(_bounded(yaml.parse(text, Loader=yaml.SafeLoader), source))


def _bounded(events: Iterator[Any], source: str) -> list[Any]:
    """Return events, no more than the builder takes: what nests without end would keep the Python parser for hours.

    Raises:
        YamlError: they nest too deeply.
    """
    kept: list[Any] = []
    depth = 0
    for event in events:
        kept.append(event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise _at(source, event.start_mark, f"nests too deeply: more than {_MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if len(kept) > 3 * _MAX_VALUES + 10:  # a key, a value, the end of one: more values than are built
            break
    return kept


class _Builder:
    """Build the value that a parser's events describe, with a fresh object at every place."""

    def __init__(self, events: Iterator[Any], source: str) -> None:
        self._events = events
        self._source = source
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0
        self._place: tuple[str | int, ...] = ()
        self.lines: dict[tuple[str | int, ...], int] = {(): 1}
        self.columns: dict[tuple[str | int, ...], int] = {(): 1}

    def document(self) -> Any:
        """Return the value of the one document, None where there is none.

        Raises:
            YamlError: see `load`.
        """
        value, documents = None, 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(event, "a second document; one is expected")
                value = self._value(next(self._events))
        return value

    def _value(self, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._count
        self._grow(event, 1)
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._expect_tag(event, "seq")
            value = self._sequence()
        else:
            self._expect_tag(event, "map")
            value = self._mapping()
        if event.anchor:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._count - before
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise self._error(event, f"alias *{event.anchor} has no finished anchor before it")
        self._grow(event, self._sizes[event.anchor])
        return copy.deepcopy(self._anchors[event.anchor])

    def _sequence(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._part(len(items), event, event))
        return items

    def _mapping(self) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(event, "a key is not a scalar")
            key = event.value
            if event.anchor:
                self._anchors[event.anchor], self._sizes[event.anchor] = key, 1
            if key == "<<" and event.implicit[0]:
                raise self._error(event, "merge keys (<<) are not part of YAML 1.2")
            if key in mapping:
                raise self._error(event, f"duplicate key {key!r}")
            mapping[key] = self._part(key, event, next(self._events))
        return mapping

    def _part(self, key: str | int, start: Any, event: Any) -> Any:
        """Return the value that an event begins, at a key of what is being built; `start` is where it is written."""
        whole = self._place
        self._place = (*whole, key)
        self.lines[self._place] = start.start_mark.line + 1
        self.columns[self._place] = start.start_mark.column + 1
        value = self._value(event)
        self._place = whole
        return value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag == "!":  # the tag that says: no resolution
            kind = "str"
        elif event.implicit[0]:
            kind = next((kind for kind, pattern, _ in _CORE_SCHEMA if pattern.match(text)), "str")
        elif event.tag is None:
            kind = "str"
        else:
            kind = event.tag.removeprefix(_TAG)
        try:
            match kind:
                case "str":
                    return text
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int":
                    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
                case "float":
                    # Python writes infinity and "not a number" without YAML's dot.
                    return float(re.sub(r"\.(?=[a-zA-Z])", "", text))
        except (KeyError, ValueError) as error:
            raise self._error(event, f"not a YAML {kind} that can be read: {text[:40]!r}") from error
        raise self._error(event, f"unknown tag {event.tag}")

    def _expect_tag(self, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", _TAG + kind):
            raise self._error(event, f"unknown tag {event.tag}")

    def _grow(self, event: Any, values: int) -> None:
        self._count += values
        if self._count > _MAX_VALUES:
            raise self._error(event, f"more than {_MAX_VALUES} values once aliases are written out")

    def _error(self, event: Any, reason: str) -> YamlError:
        return _at(self._source, event.start_mark, reason)


def _at(source: str, mark: Any, reason: str) -> YamlError:
    """Return the error `source:line:column: reason`, counted from 1, on one line."""
    reason = " ".join(reason.split())
    if not mark:
        return YamlError(f"{source}: {reason}", reason=reason)
    line, column = mark.line + 1, mark.column + 1
    return YamlError(f"{source}:{line}:{column}: {reason}", line=line, column=column, reason=reason)


# What is written as PyYAML does; None stands for every type that is not listed, and is an error.
_PLAIN_KINDS: tuple[Any, ...] = (list, bool, int, float, type(None), None)


class _Dumper(yaml.SafeDumper):
    """Write plain only what both YAML 1.2 and YAML 1.1 read back as the same value.

    PyYAML's own table of YAML 1.1 comes with SafeDumper, so `yes` or `2021-02-02` is quoted and
    a reader that still follows YAML 1.1 sees a string, as we do.
    """

    yaml_representers: ClassVar = {kind: yaml.SafeDumper.yaml_representers[kind] for kind in _PLAIN_KINDS}

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - as above
        super().increase_indent(flow, indentless=False)


for _kind, _pattern, _first in _CORE_SCHEMA:
    _Dumper.add_implicit_resolver(_TAG + _kind, _pattern, list(_first))


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Return a literal block for text of several lines; the emitter quotes it where a block would not hold it."""
    style = '"' if _NEEDS_ESCAPES.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


def _represent_mapping(dumper: yaml.SafeDumper, mapping: dict[Any, Any]) -> yaml.MappingNode:
    for key in mapping:
        if not isinstance(key, str):
            raise TypeError(f"a key of a mapping is not a string: {key!r}")
    return dumper.represent_mapping(_TAG + "map", mapping, flow_style=False)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(dict, _represent_mapping)
