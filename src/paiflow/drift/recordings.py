"""Read recorded traffic: HAR files, cassettes of vcrpy (and of Ruby's VCR), Postman's examples, plain JSON replies.

What a file is shows in what it holds, not in its name. It may be an array of recordings, or hold one a line. What cannot be
read of it is an error for the whole file only where it says nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor

from paiflow._text import visible
from paiflow.drift.exchanges import examples, exchange
from paiflow.drift.replies import Recorded
from paiflow.errors import PaiFlowError

STDIN: Final = "-"
_PACKED: Final = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_INTERACTIONS: Final = ("interactions", "http_interactions")


class RecordingError(PaiFlowError, ValueError):
    """A file that is no recording, or a broken one: one line that names file and position."""

    exit_code = 2


def read(path: str) -> list[Recorded]:
    """Return the replies that a file holds, `-` for standard input.

    Raises:
        RecordingError: it cannot be read, or is none of these.
    """
    name = "stdin" if path == STDIN else visible(Path(path).name)
    shown = visible(path)
    try:
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except (OSError, ValueError) as error:  # the latter: a NUL in a path
        raise RecordingError(f"{shown}: {getattr(error, 'strerror', None) or error}") from error
    if packed := next((kind for magic, kind in _PACKED.items() if content.startswith(magic)), None):
        raise RecordingError(f"{shown}: compressed ({packed}): unpack it first")
    try:
        text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise RecordingError(f"{shown}: not text: byte {error.start + 1} is 0x{content[error.start]:02X}") from error
    if not text.strip():
        raise RecordingError(f"{shown}: empty: nothing was recorded, or nothing has come in")
    try:
        return list(_replies(text, shown, name))
    except RecursionError as error:
        raise RecordingError(f"{shown}: nests too deeply") from error


def _replies(text: str, path: str, name: str) -> Iterator[Recorded]:
    try:
        value = _json(text)
    except ValueError as error:
        if (lines := _json_lines(text, path, name)) is not None:
            return lines
        value = _cassette(text, path, error)
    recorded = _recognised(value, path, name)
    return iter([Recorded(name, text)]) if recorded is None else recorded


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a whole number of thousands of digits, somewhere
        return json.loads(text, parse_int=float)


def _recognised(value: Any, path: str, name: str) -> Iterator[Recorded] | None:
    """Return the replies of an archive of any kind, or of a list of such; None if it is none.

    Raises:
        RecordingError: it is an archive that lacks what makes it one.
    """
    if isinstance(value, dict):
        return _archive(value, path, name)
    if not isinstance(value, list) or not value:
        return None
    parts = [_recognised(item, path, f"{name} part {number}") for number, item in enumerate(value, 1)]
    archives = [part for part in parts if part is not None]
    return chain.from_iterable(archives) if len(archives) == len(parts) else None


def _archive(value: dict[str, Any], path: str, name: str) -> Iterator[Recorded] | None:
    found: Iterator[Recorded] | None = None
    if isinstance(value.get("log"), dict):
        found = _each(value["log"], "entries", path, name, "log.entries")
    elif key := next((key for key in _INTERACTIONS if key in value), None):
        found = _each(value, key, path, name, key)
    elif isinstance(value.get("info"), dict) and isinstance(value.get("item"), list):
        found = examples(value, name)
    elif isinstance(value.get("request"), dict) and "response" in value:
        found = iter([exchange(value, name)])
    return found


def _each(holder: dict[str, Any], key: str, path: str, name: str, shown: str) -> Iterator[Recorded]:
    if not isinstance(entries := holder.get(key), list):
        raise RecordingError(f"{path}: not an archive: {shown} is {'not a list' if key in holder else 'missing'}")
    return (exchange(entry, f"{name} entry {number}") for number, entry in enumerate(entries, 1))


def _json_lines(text: str, path: str, name: str) -> Iterator[Recorded] | None:
    """Return the replies of JSON lines; None where the first line is no object of JSON.

    A line that is none of those, such as one that was cut when its writer ended, is skipped by itself.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    values = [_object(line) for _, line in lines]
    if len(lines) < 2 or values[0] is None:
        return None

    def replies() -> Iterator[Recorded]:
        for (number, line), value in zip(lines, values, strict=True):
            where = f"{name} line {number}"
            if value is None:
                yield Recorded(where, None, fault="that is not an object of JSON", what="line")
            else:
                recorded = _recognised(value, path, where)
                yield from [Recorded(where, line)] if recorded is None else recorded

    return replies()


def _object(line: str) -> dict[str, Any] | None:
    """Return the object that a line is; None if it is none."""
    try:
        value = _json(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


if yaml.__with_libyaml__:

    class _Loader(Composer, yaml.CSafeLoader):
        """Parses in C and composes in Python: libyaml's composer overflows the stack where something nests deeply."""

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)

else:
    _Loader = yaml.SafeLoader  # type: ignore[misc,assignment]

# Of Python 2, and of Ruby.
_Loader.add_constructor("tag:yaml.org,2002:python/unicode", SafeConstructor.construct_yaml_str)  # type: ignore[type-var]
_Loader.add_constructor("!binary", SafeConstructor.construct_yaml_binary)  # type: ignore[type-var]


def _cassette(text: str, path: str, json_error: ValueError) -> Any:
    """Return the cassette that a text is."""
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError) as error:  # the latter: a date that is none, a number of thousands of digits
        if text.lstrip()[:1] in ("{", "[", '"'):
            value = None
        else:
            mark = getattr(error, "problem_mark", None)
            position = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            problem = " ".join(str(getattr(error, "problem", None) or error).split())
            raise RecordingError(f"{path}{position}: not YAML: {visible(problem[:200])}") from None
    if isinstance(value, dict) and not value.keys().isdisjoint(_INTERACTIONS):
        return value
    position = f":{json_error.lineno}:{json_error.colno}" if isinstance(json_error, json.JSONDecodeError) else ""
    reason = json_error.msg if isinstance(json_error, json.JSONDecodeError) else str(json_error)
    raise RecordingError(f"{path}{position}: neither a HAR file nor a cassette nor a JSON reply: {visible(reason)}")
