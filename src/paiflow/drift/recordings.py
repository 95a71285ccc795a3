"""Read recorded traffic: HAR files, cassettes of vcrpy (and of Ruby's VCR), plain JSON replies, one or one a line.

What a file is shows in what it holds, not in its name. Bodies are decoded: base64, gzip and deflate.

Sources: HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/; vcrpy's serializers and stubs,
https://github.com/kevin1024/vcrpy; VCR's cassettes, https://github.com/vcr/vcr.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor

from paiflow._text import visible
from paiflow.client.reply_body import MAX_REPLY_BYTES
from paiflow.drift.replies import Recorded
from paiflow.errors import PaiFlowError

STDIN: Final = "-"


class RecordingError(PaiFlowError, ValueError):
    """A file that is no recording, or a broken one: one line that names file and position."""

    exit_code = 2


def read(path: str) -> list[Recorded]:
    """Return the replies that a file holds, `-` for standard input.

    Raises:
        RecordingError: it cannot be read, or is none of these, or an entry lacks what makes it one.
    """
    name = "stdin" if path == STDIN else visible(Path(path).name)
    try:
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: not text: byte {error.start + 1} is 0x{content[error.start]:02X}") from error
    if not text.strip():
        raise RecordingError(f"{path}: empty: nothing was recorded, or nothing has come in")
    try:
        return list(_replies(text, path, name))
    except RecursionError as error:
        raise RecordingError(f"{path}: nests too deeply") from error


def _replies(text: str, path: str, name: str) -> Iterator[Recorded]:
    try:
        value = json.loads(text)
    except ValueError as error:
        if lines := _json_lines(text):
            for number, line in lines:
                yield Recorded(f"{name} line {number}", line)
            return
        value = _cassette(text, path, error)
    if isinstance(value, dict) and isinstance(log := value.get("log"), dict) and "entries" in log:
        yield from _each(log["entries"], path, name, "log.entries", _of_har)
    elif isinstance(value, dict) and (interactions := _INTERACTIONS & value.keys()):
        [key] = interactions
        yield from _each(value[key], path, name, key, _of_cassette)
    else:
        yield Recorded(name, text)


_INTERACTIONS: Final = frozenset({"interactions", "http_interactions"})


def _json_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines of JSON lines with their numbers; none where it is something else."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    try:
        for _, line in lines:
            if not isinstance(json.loads(line), dict):
                return []
    except ValueError:
        return []
    return lines


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
    except yaml.YAMLError as error:
        if text.lstrip()[:1] in ("{", "[", '"'):
            value = None
        else:
            mark = getattr(error, "problem_mark", None)
            position = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            problem = " ".join(str(getattr(error, "problem", None) or error).split())
            raise RecordingError(f"{path}{position}: not YAML: {visible(problem[:200])}") from None
    if isinstance(value, dict) and _INTERACTIONS & value.keys():
        return value
    position = f":{json_error.lineno}:{json_error.colno}" if isinstance(json_error, json.JSONDecodeError) else ""
    reason = json_error.msg if isinstance(json_error, json.JSONDecodeError) else str(json_error)
    raise RecordingError(f"{path}{position}: neither a HAR file nor a cassette nor a JSON reply: {visible(reason)}")


def _each(entries: Any, path: str, name: str, key: str, of: Any) -> Iterator[Recorded]:
    if not isinstance(entries, list):
        raise RecordingError(f"{path}: {key} is not a list")
    for number, entry in enumerate(entries, 1):
        try:
            yield of(entry, f"{name} entry {number}")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordingError(
                f"{path}: {key}[{number - 1}]: not a recorded reply: {visible(_reason(error)[:200])}"
            ) from None


def _reason(error: Exception) -> str:
    """Return in words what is wrong with an entry."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    return str(error) if isinstance(error, ValueError) else "something in it is of another kind than it should be"


def _of_har(entry: Any, where: str) -> Recorded:
    request = entry["request"]
    response = entry["response"] or {"status": 0}  # as some proxies write what was not answered
    content = response.get("content") or {}
    body = _text(content.get("text"))
    if body is not None and content.get("encoding") == "base64":
        body = base64.b64decode(body)
    headers = {str(header.get("name")).lower(): header.get("value") for header in response.get("headers") or ()}
    return Recorded(
        where, _unpacked(body, headers), str(request["method"]), str(request["url"]), int(response["status"])
    )


def _of_cassette(interaction: Any, where: str) -> Recorded:
    request, response = interaction["request"], interaction["response"]
    status = response["status_code"] if "status_code" in response else response["status"]
    code = status["code"] if isinstance(status, Mapping) else status
    headers = {str(name).lower(): value for name, value in (response.get("headers") or {}).items()}
    url = str(request["uri"] if "uri" in request else request["url"])
    return Recorded(where, _unpacked(_body(response), headers), str(request["method"]), url, int(code))


def _body(response: Mapping[str, Any]) -> bytes | str | None:
    body: Any = response.get("body")
    if body is None:
        body = response.get("content")
    if isinstance(body, Mapping):
        if body.get("base64_string") is not None:
            return base64.b64decode(body["base64_string"])
        body = body.get("string")
    return _text(body)


def _text(body: Any) -> bytes | str | None:
    if body is None or isinstance(body, bytes | str):
        return body
    raise ValueError("its body is not text")


def _unpacked(body: bytes | str | None, headers: Mapping[str, Any]) -> bytes | str | None:
    """Return a body decompressed, or as it is where that fails: then it is no JSON, and skipped.

    Many recorders have decompressed it, and kept the header that says otherwise; so what it begins with is looked at, too.
    """
    if not isinstance(body, bytes):
        return body
    windows = [zlib.MAX_WBITS | 16] if body.startswith(b"\x1f\x8b") else []
    if "deflate" in str(headers.get("content-encoding")).lower():
        windows += [zlib.MAX_WBITS, -zlib.MAX_WBITS]
    for window in windows:
        inflater = zlib.decompressobj(window)
        with contextlib.suppress(zlib.error):
            inflated = inflater.decompress(body, MAX_REPLY_BYTES)
            if inflater.eof:
                return inflated
    return body
