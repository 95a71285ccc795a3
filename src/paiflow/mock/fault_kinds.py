"""The kinds of faults, and the effect of each on one exchange. A new fault is a line in the table at the end.

A fault strikes before the request is read, as a gateway in front of a service does.
"""

import math
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import attrs

from paiflow.mock.checks import Check, one_of, positive, signed_duration, text
from paiflow.mock.durations import duration
from paiflow.mock.http_messages import AT_ONCE, Delivery, Reply
from paiflow.mock.refusals import Refusal

__all__ = ["KINDS", "Effect", "Kind", "combined"]

Fields = dict[str, Any]


@attrs.frozen(kw_only=True)
class Effect:
    """The effect of faults on one exchange.

    Args:
        instead: what is answered instead of looking at the request.
        skew: seconds by which the service's clock is ahead of what it was.
        change: makes of an answer's fields those that are sent.
        delivery: how the reply goes out.
    """

    instead: Refusal | Reply | None = None
    skew: float = 0.0
    change: Callable[[Fields], Fields] | None = None
    delivery: Delivery = AT_ONCE


@attrs.frozen
class Kind:
    """A fault of the table.

    Args:
        effect: gives what it does, from the time of the call, in seconds since the epoch, and its settings.
        settings: how each is read; a ValueError says what is wrong with a value.
    """

    effect: Callable[..., Effect]
    settings: Mapping[str, Check] = attrs.field(factory=dict)


def combined(first: Effect, second: Effect) -> Effect:
    """Return the joint effect of two faults on one call; if both answer, the first's answer wins."""

    def change(fields: Fields) -> Fields:
        for one in (first.change, second.change):
            fields = one(fields) if one else fields
        return fields

    one, other = first.delivery, second.delivery
    dripping = one if one.gap else other
    return Effect(
        instead=first.instead or second.instead,
        skew=first.skew + second.skew,
        change=change,
        delivery=Delivery(
            reset=one.reset or other.reset,
            delay=one.delay + other.delay,
            truncated=one.truncated or other.truncated,
            gap=dripping.gap,
            piece_bytes=dripping.piece_bytes,
        ),
    )


def _throttling(now: float, status: int = 400, retry_after: float | None = None, form: str = "ms") -> Effect:
    """Status 400 is that of all the vendor's tables; 429 is what a gateway may make of it."""
    return Effect(instead=Refusal("Throttling.User", status=status, headers=_wish(now, retry_after, form)))


def _unavailable(now: float, retry_after: float | None = None, form: str = "s") -> Effect:
    return Effect(instead=Refusal("ServiceUnavailable", headers=_wish(now, retry_after, form)))


def _wish(now: float, retry_after: float | None, form: str) -> list[tuple[str, str]]:
    """Return the header that asks to be called again after so many seconds: the vendor's, in ms, or HTTP's.

    HTTP knows whole seconds only, so what lies between is rounded up.
    """
    if retry_after is None:
        return []
    if form == "ms":
        return [("x-acs-retry-after", str(round(retry_after * 1000)))]
    if form == "s":
        return [("retry-after", str(math.ceil(retry_after)))]
    return [("retry-after", formatdate(math.ceil(now + retry_after), usegmt=True))]


def _refusing(code: str) -> Callable[[float], Effect]:
    return lambda _: Effect(instead=Refusal(code))


_PAGE = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>Tengine</center></body>
</html>
"""


def _bad_gateway(now: float) -> Effect:
    """A page, as of a gateway whose service is gone: no JSON, no request id."""
    headers = [("content-type", "text/html"), ("server", "Tengine"), ("date", formatdate(now, usegmt=True))]
    return Effect(instead=Reply(502, headers, _PAGE))


def _reset(_: float) -> Effect:
    return Effect(delivery=Delivery(reset=True))


def _truncated(_: float) -> Effect:
    return Effect(delivery=Delivery(truncated=True))


def _slow(_: float, delay: float = 30.0) -> Effect:
    return Effect(delivery=Delivery(delay=delay))


def _drip(_: float, gap: float = 1.0, piece_bytes: int = 1) -> Effect:
    return Effect(delivery=Delivery(gap=gap, piece_bytes=piece_bytes))


def _clock_skew(_: float, by: float = 20 * 60.0) -> Effect:
    return Effect(skew=by)


def _unknown_status(_: float, status: str = "Hibernating") -> Effect:
    def changed(kind: str, item: Fields) -> Fields:
        if kind in _WITH_STATUS or (kind == _WHOLE and "Status" in item):
            return item | {"Status": status}
        return item | {"StatusInfo": item["StatusInfo"] | {"Status": status}} if "StatusInfo" in item else item

    return Effect(change=lambda fields: _each(fields, changed))


def _unknown_fields(_: float) -> Effect:
    new = {"Queue": "night", "Labels": [{"Key": "team", "Value": None}]}
    return Effect(change=lambda fields: _each(fields, lambda _, item: item | new) | new)


def _nulls(_: float) -> Effect:
    """Null is every field but the ids, and every list that would be empty."""

    def nulled(kind: str, item: Fields) -> Fields:
        return {name: value if name in _IDS[kind] else None for name, value in item.items()}

    return Effect(change=lambda fields: {name: value or None for name, value in _each(fields, nulled).items()})


_WHOLE = ""
_IDS = {
    "PipelineRuns": {"PipelineRunId"},
    "Nodes": {"PipelineRunId", "NodeId"},
    "Outputs": {"PipelineRunId", "NodeId", "Id"},
    "Status": {"NodeId"},
    "Pipelines": {"PipelineId"},
    "Workspaces": {"WorkspaceId"},
    "Logs": set[str](),
    _WHOLE: {"PipelineRunId", "PipelineId"},
}
"""The ids of what an answer holds: by the list that it stands in, or of the answer that is one thing as a whole."""

_WITH_STATUS = frozenset({"PipelineRuns", "Nodes", "Status", "Workspaces"})


def _each(fields: Fields, change: Callable[[str, Fields], Fields]) -> Fields:
    """Return the answer with each thing in it changed; `change` is told the list that it stands in."""
    if not any(isinstance(fields.get(name), list) for name in _IDS):
        return change(_WHOLE, fields)
    return {
        name: [change(name, item) if isinstance(item, dict) else item for item in value or ()]
        if name in _IDS
        else value
        for name, value in fields.items()
    }


_FORM = one_of("ms", "s", "date")

KINDS: Mapping[str, Kind] = {
    "throttling": Kind(_throttling, {"status": one_of(400, 429), "retry_after": duration, "form": _FORM}),
    "internal-error": Kind(_refusing("InternalError")),
    "bad-gateway": Kind(_bad_gateway),
    "unavailable": Kind(_unavailable, {"retry_after": duration, "form": _FORM}),
    "expired-token": Kind(_refusing("InvalidSecurityToken.Expired")),
    "nonce-used": Kind(_refusing("SignatureNonceUsed")),
    "clock-skew": Kind(_clock_skew, {"by": signed_duration}),
    "reset": Kind(_reset),
    "truncated": Kind(_truncated),
    "slow": Kind(_slow, {"delay": duration}),
    "drip": Kind(_drip, {"gap": duration, "piece_bytes": positive}),
    "unknown-status": Kind(_unknown_status, {"status": text}),
    "unknown-fields": Kind(_unknown_fields),
    "nulls": Kind(_nulls),
}
"""By name."""
