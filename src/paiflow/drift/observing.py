"""Report the parts of a client's replies that the description does not describe.

    with paiflow.observe(client) as drift:
        client.wait(pipeline_runs=["flow-a"])
    print(drift.report())
    print(drift.overlay())

The client stays lenient: nothing is raised into a call. Every reply that the client gets
is checked, those of waits, batches and repeated attempts too, and errors of the service; in the thread or the event loop of
the call, which takes some 0.1 ms for each run, node or output.

What is kept of the replies is bounded. Of each new way in which they depart from the description, one witness stays: the
reply without the items of its lists that show nothing new, its texts cut, redacted. An overlay is made from the witnesses
and applied to them before it is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from paiflow._description import Place
from paiflow._forks import Lock
from paiflow._redaction import redact_json
from paiflow.drift.collecting import Collection
from paiflow.drift.findings import Finding
from paiflow.drift.inference import Seen, TooDeepError, look
from paiflow.drift.repair import RepairError, overlay
from paiflow.drift.replies import Recorded, Reply, judge
from paiflow.drift.schemas import Schemas, load
from paiflow.drift.walk import Deviation, Steps

if TYPE_CHECKING:
    from paiflow.client.clients import AsyncPaiFlow, PaiFlow

MAX_FINDINGS: Final = 1000
MAX_WITNESSES: Final = 1000
MAX_WITNESS_CHARACTERS: Final = 100_000

# Of a text that is no drift itself.
_TEXT_CHARACTERS: Final = 200


def observe(client: PaiFlow | AsyncPaiFlow, *, description: str | None = None) -> Observation:
    """Check all replies that a client gets from now on, until `stop`, or the end of a `with`.

    Args:
        client: a PaiFlow or an AsyncPaiFlow, which may be in use.
        description: the file of an OpenAPI 3.1 description to judge by; None for that which the client comes from.

    Raises:
        paiflow.drift.description.DescriptionError: the description cannot be used.
        ImportError: the extra `drift` is not installed; says how to install it.
    """
    return Observation(client, load(description))


class Observation:
    """The findings in a client's replies, while they come. Threads may share one."""

    def __init__(self, client: PaiFlow | AsyncPaiFlow, description: Schemas) -> None:
        """Begin to observe."""
        self._collection = Collection(description, MAX_FINDINGS)
        self._witnesses = _Witnesses(description)
        self._lock = Lock()
        self._stop = client.observe(self._see)

    def __repr__(self) -> str:
        return f"Observation({self._collection.summary() if hasattr(self, '_collection') else ''})"

    @property
    def replies(self) -> int:
        """The number of checked replies."""
        return self._collection.replies

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, in the order of first occurrence."""
        with self._lock:
            return self._collection.findings

    @property
    def left_out(self) -> int:
        """How many values depart from the description in ways beyond the first 1,000, and are in no finding."""
        return self._collection.left_out

    @property
    def skipped(self) -> dict[str, int]:
        """The number of replies that could not be checked, such as a gateway's page, by reason."""
        with self._lock:
            return dict(self._collection.skipped)

    def report(self) -> str:
        """Return the findings as a table for people; empty if there are none."""
        with self._lock:
            return self._collection.report()

    def overlay(self) -> str | None:
        """Return the overlay that makes the description true, as YAML; None where it is.

        Raises:
            paiflow.drift.RepairError: there is none; says why.
        """
        with self._lock:
            if self._witnesses.lost or self._collection.left_out:
                raise RepairError(
                    "there is more drift than was kept of the replies; record them, and see `paiflow drift`"
                )
            replies = self._witnesses.replies
        return overlay(self._collection.description, replies)

    def stop(self) -> None:
        """Observe no longer; the findings stay. Stopping twice does no harm."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _see(self, operation: str, status: int, content: bytes) -> None:
        """Take in a reply; never raises."""
        with self._lock:
            try:
                collection = self._collection
                answered = collection.description.by_name.get(operation)
                if answered is None:
                    collection.skipped[f"{operation} is not described"] += 1
                    return
                number = collection.replies + collection.skipped.total() + 1
                judged = collection.add(Recorded(f"reply {number}", content, status=status), answered)
                if judged is not None:
                    self._witnesses.add(*judged)
            except Exception as error:  # noqa: BLE001 - a fault here must not disturb the user's call
                self._collection.skipped[f"{operation} that could not be judged: {type(error).__name__}"] += 1


# What a deviation asks of the description, wherever in a reply it is; the last says what the value looks like.
_Trait = tuple[Place, str, str | None, str]


class _Witnesses:
    """Of all that replies ask of the description: for each thing one reply that does, redacted and cut."""

    def __init__(self, description: Schemas) -> None:
        self._description = description
        self._traits: set[_Trait] = set()
        self._seen: dict[tuple[Place, str, str | None], Seen] = {}
        self._replies: list[Reply] = []
        # Replies that ask for something of which there is no witness: no room, or it did not survive the redaction.
        self.lost = 0

    @property
    def replies(self) -> list[Reply]:
        """The witnesses."""
        return list(self._replies)

    def add(self, reply: Reply, found: list[Deviation]) -> None:
        """Keep what is new about a reply."""
        traits = {_trait(deviation): deviation for deviation in reversed(found)}
        new = {trait: deviation for trait, deviation in traits.items() if self._is_new(trait, deviation)}
        if not new:
            return
        value = redact_json(_Cut(found, new.values()).of(reply.value))
        witness = attrs.evolve(reply, value=value)
        told = {_trait(deviation) for deviation in judge(self._description, witness)[1]}
        fits = len(self._replies) < MAX_WITNESSES and len(json.dumps(value)) <= MAX_WITNESS_CHARACTERS
        if fits and new.keys() <= told <= traits.keys():
            self._replies.append(witness)
            self._traits |= new.keys()
        else:
            self.lost += 1

    def _is_new(self, trait: _Trait, deviation: Deviation) -> bool:
        """Return whether the values of a field, all together, look otherwise with this one."""
        if trait in self._traits:
            return False
        if deviation.kind != "unknown-field":
            return True
        seen = self._seen.setdefault(trait[:3], Seen())
        before = look(seen)
        try:
            seen.add(deviation.value)
        except TooDeepError:
            return True
        return look(seen) != before


def _trait(deviation: Deviation) -> _Trait:
    if deviation.keyword in ("enum", "const"):
        asked = repr(deviation.value)
    else:
        asked = "" if deviation.kind == "missing-field" else _look(deviation.value)
    return deviation.place, deviation.keyword, deviation.name, asked


def _look(value: Any) -> str:
    """Return what is inferred from a value."""
    try:
        return look(Seen([value]))
    except TooDeepError:
        return "too deep"


class _Cut:
    """Cuts a reply down to what it is kept for.

    Args:
        found: where it departs from the description.
        new: of these, what it is kept for.
    """

    def __init__(self, found: Iterable[Deviation], new: Iterable[Deviation]) -> None:
        # Where something stands of which no more is asked than what it looks like, and where something else is amiss.
        self._looks = {one.steps for one in found if one.kind in ("unknown-field", "wrong-kind")}
        self._faults = {one.steps for one in found} - self._looks
        self._ways = {one.steps[:length] for one in new for length in range(len(one.steps) + 1)}

    def of(self, value: Any, steps: Steps = ()) -> Any:
        """Return a value without the items of its lists that lead nowhere, and with short texts."""
        if steps in self._faults:
            return value
        if steps in self._looks:
            return _specimen(value)
        if isinstance(value, dict):
            return {name: self.of(item, (*steps, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.of(item, way) for index, item in enumerate(value) if (way := (*steps, index)) in self._ways]
        return value[:_TEXT_CHARACTERS] if isinstance(value, str) else value


def _specimen(value: Any) -> Any:
    """Return the least value that looks the same."""
    if isinstance(value, dict):
        return {name: _specimen(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_specimen(item) for item in {_look(item): item for item in value}.values()]
    return value
