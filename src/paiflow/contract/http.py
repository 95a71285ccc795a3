"""Requests and replies as they are on the wire, and JSON read strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from paiflow import _json

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """A request as it is sent, but for Content-Length, which the sender adds.

    Args:
        method: as on the request line.
        target: path and query, as on the request line.
        headers: every line, in order.
        body: whole.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, None if there is none."""
        return next((value for other, value in self.headers if other.lower() == name), None)

    def with_header(self, name: str, value: str | None) -> Request:
        """Return the request with a header replaced, or with None left away. Its signature stays as it was."""
        kept = tuple((other, old) for other, old in self.headers if other.lower() != name)
        return replace(self, headers=kept if value is None else (*kept, (name, value)))

    def and_header(self, name: str, value: str) -> Request:
        """Return the request with one more line of a header."""
        return replace(self, headers=(*self.headers, (name, value)))


@dataclass(frozen=True)
class Reply:
    """A reply as it came.

    Args:
        status: the code.
        headers: every line, in order.
        body: whole, without transfer and content encodings.
        seconds: from sending to the end of the body.
    """

    status: int
    headers: Headers
    body: bytes
    seconds: float = 0.0

    def values(self, name: str) -> list[str]:
        """Return the values of all lines of a header."""
        return [value for other, value in self.headers if other.lower() == name]

    def header(self, name: str) -> str | None:
        """Return the first value of a header, None if there is none."""
        return next(iter(self.values(name)), None)

    @cached_property
    def parsed(self) -> Any:
        """The value of the body; None where it is not strict JSON."""
        try:
            return strict_json(self.body)
        except ValueError:
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The object that the body is, or an empty one."""
        return self.parsed if isinstance(self.parsed, dict) else {}

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return the objects of one of the lists."""
        listed = self.fields.get(name)
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def strict_json(content: bytes) -> Any:
    """Return the value of a body.

    Raises:
        ValueError: it is not UTF-8, starts with a byte order mark, is not JSON, says NaN or Infinity, gives a name twice,
            has half a surrogate pair, or nests without end.
    """
    try:
        parsed = _json.read(content.decode("utf-8"))
        json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it nests without end") from None
    return parsed


def same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are the same, kinds included: 1, 1.0, true and "1" are four."""
    if type(left) is not type(right):
        return False
    if not isinstance(left, dict | list):
        return bool(left == right)
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def encoded(parameters: Any) -> bytes:
    """Return parameters as a client sends them."""
    return json.dumps(parameters, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
