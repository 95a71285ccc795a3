"""The verdict of each kind of change, on the wire and for users, with the reason. For values see schemas.py.

A status, or a media type, that a range (4XX, default, text/*) covered before is compared with that range. In callbacks
and webhooks the service sends the request, so there request and reply change sides.
"""

from __future__ import annotations

from typing import Final

from tooling.changes.verdicts import Verdict

BREAKING, ADDITIVE, INVISIBLE = Verdict.BREAKING, Verdict.ADDITIVE, Verdict.INVISIBLE

Rule = tuple[Verdict, Verdict, str]

_REFUSED = "what clients send today is refused"
_WRITTEN = "it is written in another way; the client does so by itself"
HEADERS = "users get headers as they came; none is an attribute"
_LEFT_OPEN = "says what was left open: what holds where the value is left out"
_NONE = "users read None where a value is left out"
_ENDPOINT = "users' client finds its endpoint by the region"

RULES: Final[dict[str, Rule]] = {
    "operation added": (ADDITIVE, ADDITIVE, "no client uses it yet"),
    "operation removed": (BREAKING, BREAKING, "clients cannot use it any more"),
    "operation moved": (BREAKING, INVISIBLE, "clients call where it was; the client's method stays, and calls where it is"),
    "operationId": (BREAKING, BREAKING, "clients send it as x-acs-action; users call the method that is named after it"),
    "service": (BREAKING, INVISIBLE, "clients call another service than that; the client's method follows"),
    "the client's check added": (INVISIBLE, BREAKING, "the client refuses what it sent before"),
    "the client's check removed": (INVISIBLE, ADDITIVE, "the client sends what it refused before"),
    "iterator added": (INVISIBLE, ADDITIVE, "the client can go through all pages"),
    "the client's way": (INVISIBLE, BREAKING, "the client does something else than before for the same arguments"),
    "parameter added": (ADDITIVE, ADDITIVE, "no client sends it yet"),
    "parameter added, required": (BREAKING, BREAKING, _REFUSED),
    "parameter removed": (BREAKING, BREAKING, "the service now ignores it"),
    "parameter renamed": (INVISIBLE, BREAKING, "a path holds no names; users give it by its name"),
    "parameter written": (BREAKING, INVISIBLE, _WRITTEN),
    "may be empty": (ADDITIVE, ADDITIVE, "may be empty now"),
    "may not be empty": (BREAKING, BREAKING, "may not be empty any more"),
    "required now": (BREAKING, BREAKING, "who leaves it out today is refused"),
    "optional now": (ADDITIVE, ADDITIVE, "it may be left out"),
    "body added": (ADDITIVE, ADDITIVE, "no client sends one yet"),
    "body added, required": (BREAKING, BREAKING, _REFUSED),
    "body removed": (BREAKING, BREAKING, "the service now ignores it"),
    "request's media type added": (ADDITIVE, ADDITIVE, "no client sends it yet"),
    "request's media type removed": (BREAKING, BREAKING, _REFUSED),
    "reply's first media type added": (ADDITIVE, ADDITIVE, "there is something to read now"),
    "reply's media type added": (ADDITIVE, INVISIBLE, "clients say by Accept what they take; users get what the client reads"),
    "reply's media type removed": (BREAKING, BREAKING, "clients that read it get none"),
    "success added": (BREAKING, BREAKING, "a success may come that clients do not know"),
    "success removed": (BREAKING, BREAKING, "what clients read does not come any more"),
    "error added": (ADDITIVE, INVISIBLE, "clients must know an error by its class; users get ServiceError for any"),  # RFC 9110, 15
    "error removed": (ADDITIVE, INVISIBLE, "one error less; users get ServiceError for any"),
    "header added": (ADDITIVE, INVISIBLE, f"no client reads it yet; {HEADERS}"),
    "header removed": (BREAKING, INVISIBLE, f"code that reads it gets nothing; {HEADERS}"),
    "header required now": (ADDITIVE, INVISIBLE, "the service promises more than before"),
    "header optional now": (BREAKING, INVISIBLE, "it may be missing"),
    "way to authenticate added": (ADDITIVE, ADDITIVE, "one more way to authenticate"),
    "way to authenticate removed": (BREAKING, BREAKING, "clients that authenticate so are refused"),
    "place of a key": (BREAKING, INVISIBLE, "clients put it where it was; users' client puts it where it is"),
    "security scheme": (BREAKING, BREAKING, "clients that authenticate as before may be refused"),
    "server added": (ADDITIVE, INVISIBLE, f"no client calls it yet; {_ENDPOINT}"),
    "server removed": (BREAKING, INVISIBLE, f"clients that call it get no answer; {_ENDPOINT}"),
    "server's variables": (BREAKING, INVISIBLE, f"it cannot be told whether clients reach it as before; {_ENDPOINT}"),
    "class": (INVISIBLE, BREAKING, "the wire is as before; in Python the class has another name"),
    "base": (INVISIBLE, BREAKING, "the wire is as before; in Python the class does not extend that one any more"),
    "outcome": (INVISIBLE, BREAKING, "the wire is as before; `wait` and `paiflow wait` say something else"),
    "names of values": (ADDITIVE, ADDITIVE, "values get names; all could come before"),
    "value of an open enum": (ADDITIVE, ADDITIVE, "an open enum: any value could come before"),
    "request's default added": (ADDITIVE, ADDITIVE, _LEFT_OPEN),
    "request's default changed": (BREAKING, BREAKING, "clients that omit the value get another one than before"),
    "reply's default added": (ADDITIVE, INVISIBLE, f"{_LEFT_OPEN}; {_NONE}"),
    "reply's default changed": (BREAKING, INVISIBLE, f"a value that is left out means something else than before; {_NONE}"),
    "request's field removed": (BREAKING, BREAKING, "the service now ignores it; users cannot give it"),
    "reply's field removed": (BREAKING, BREAKING, "code that reads it gets nothing; the attribute goes"),
    "component": (INVISIBLE, INVISIBLE, "no operation uses it"),
    "not known": (BREAKING, BREAKING, "what it does is not known here"),
}  # fmt: skip
