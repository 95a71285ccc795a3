"""Decide which reply is an answer: one table for all operations, for a single call and for many.

| reply | verdict |
|---|---|
| 2xx, an object without a Code, with a RequestId or a described list | yes |
| 2xx, no body, where the description has no reply but a RequestId | yes |
| 2xx, a Code or `Success: false` (names in any case) | no |
| 2xx, an object with neither RequestId nor a described list | nothing |
| 2xx, an object without the described lists, with other content or an error in their place | nothing |
| 2xx, not an object | nothing |
| 3xx and 1xx | nothing |
| 4xx, 5xx | no |

Pure. The operation's reply comes in as data, so this table serves every operation. Whether lists and objects inside the
reply are exchanged is found when the reply is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from types import UnionType
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from paiflow._text import clean

__all__ = ["NO_BODY", "Described", "Verdict", "judge"]

REQUEST_ID: Final = "RequestId"


class _NoBody(Enum):
    NO_BODY = "no body"


# Stands for parsed JSON when the body is empty.
NO_BODY: Final = _NoBody.NO_BODY

# A Code that says that all is well, as gateways send it beside their own data.
_FINE = r"(?i)0|2[0-9]{2}|ok|success(ful)?|succeed(ed)?"
# Where an envelope puts what it holds; under other names only a list or an object counts as content.
_ENVELOPES: Final = frozenset({"data", "result", "results", "body", "payload", "content"})
_NAME_CHARACTERS = 40


class Described(NamedTuple):
    """The described reply of an operation.

    Attributes:
        fields: the names of its fields on the wire.
        lists: the names of those that are lists.
    """

    fields: tuple[str, ...]
    lists: tuple[str, ...] = ()

    @property
    def only_request_id(self) -> bool:
        """Whether it has no field but the RequestId."""
        return set(self.fields) <= {REQUEST_ID}

    @property
    def telling(self) -> tuple[str, ...]:
        """The fields by which a reply without a RequestId is known: its lists, all fields where it has none."""
        return self.lists or tuple([name for name in self.fields if name != REQUEST_ID])


class Verdict(NamedTuple):
    """The verdict on a reply.

    Attributes:
        says: "yes", it is an answer; "no", it is an error of the service; "nothing", it is unexpected.
        reason: what does not fit, where it says nothing.
    """

    says: Literal["yes", "no", "nothing"]
    reason: str = ""


def judge(status: int, body: Any, described: Described, location: str | None = None) -> Verdict:
    """Return the verdict on a reply.

    Args:
        status: the HTTP status.
        body: the parsed JSON; NO_BODY where there is none. Not looked at unless the status is 2xx.
        described: the operation's reply.
        location: the header of that name, None if there is none.
    """
    if status >= 400:
        return Verdict("no")
    if not 200 <= status < 300:
        return Verdict("nothing", _elsewhere(status, location))
    if body is NO_BODY:
        return Verdict("yes") if described.only_request_id else Verdict("nothing", "it is not JSON: the body is empty")
    if not isinstance(body, Mapping):
        return Verdict("nothing", f"an object is due, not {type(body).__name__}")
    if _refuses(body):
        return Verdict("no")
    return _answers(body, described)


def _refuses(body: Mapping[str, Any]) -> bool:
    """Return whether an object holds an error's Code, or says that it is no success."""
    codes = [value for value in _values(body, "code") if isinstance(value, str | int) and not isinstance(value, bool)]
    if any(text and not re.fullmatch(_FINE, text) for text in (str(code).strip() for code in codes)):
        return True
    return any(
        value is False or (isinstance(value, str) and value.strip().lower() == "false")
        for value in _values(body, "success")
    )


def _answers(body: Mapping[str, Any], described: Described) -> Verdict:
    due = described.telling
    # An object in the place of a list is found when the reply is decoded.
    kinds: type | UnionType = list | Mapping if described.lists else object
    known = any(body.get(name) is not None and isinstance(body[name], kinds) for name in due)
    if not known and not _is_id(body.get(REQUEST_ID)):
        return Verdict("nothing", f"it holds neither {' nor '.join((REQUEST_ID, *due))}")
    if described.lists and not known and (wrong := next((name for name in due if body.get(name)), None)):
        return Verdict("nothing", f"{wrong}: a list is due, not {type(body[wrong]).__name__}")
    if due and not any(name in body for name in due):
        for name, value in body.items():
            if name not in described.fields and _is_content(name, value):
                found = clean(name, _NAME_CHARACTERS)
                return Verdict("nothing", f"it holds {found} in the place of {' or '.join(due)}")
    return Verdict("yes")


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _is_content(name: str, value: object) -> bool:
    if isinstance(value, list | Mapping):
        return True
    lowered = name.lower()
    return (lowered in _ENVELOPES and value is not None) or (lowered.startswith("error") and bool(value))


def _values(body: Mapping[str, Any], name: str) -> Iterator[Any]:
    return (value for key, value in body.items() if key.lower() == name)


def _elsewhere(status: int, location: str | None) -> str:
    """Return why a status is no answer, with the host that a redirect names: the rest of a URL may hold secrets."""
    if not 300 <= status < 400:
        return f"status 2xx is due, not {status}"
    try:
        host = urlsplit(location or "").hostname
    except ValueError:
        host = None
    where = f"it redirects to {clean(host, 253)}" if host else f"status 2xx is due, not {status}"
    return f"{where}; redirects are not followed: check the endpoint"
