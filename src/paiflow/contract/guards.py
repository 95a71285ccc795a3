"""A run that has checked nothing must not pass."""

from __future__ import annotations

from collections.abc import Collection

from paiflow.contract.answers import ANSWERS
from paiflow.contract.session import Session

CHECK = "the-run-was-not-vacuous"

DROPS = 5
"""Connections that may be closed under a call. A service may close one that is idle, and then a call can cross it."""

KEPT = 5
"""How many calls on a kept connection there must be for each one dropped to say that the service keeps them at all."""


def guard(session: Session, suites: Collection[str], operation: str = "", *, reads_only: bool = False) -> None:
    """Note it where the run was vacuous.

    Args:
        session: with what was done.
        suites: those that ran.
        operation: the only one that was judged; all if empty.
        reads_only: nothing was put in, so that some reads may have found nothing.
    """
    with session.suite("guards"), session.case("every operation was judged"):
        for name in session.operations if not operation else [operation]:
            if not reads_only:
                _judged(session, name)
            elif session.interface.operations[name].repeatable:
                _read(session, name)
        for suite in suites:
            tally = session.tallies.get(suite)
            session.expect(CHECK, tally and tally.cases, f"the suite {suite} ran no case")
    with session.suite("guards"), session.case("connections"):
        wire = session.wire
        session.expect(
            "connections-are-kept",
            wire.dropped < DROPS or wire.reused < KEPT * wire.dropped,
            "the service keeps connections, but dropped some in the middle of a call",
        )


def _judged(session: Session, name: str) -> None:
    counted, modelled = session.operations[name], name in ANSWERS
    session.expect(CHECK, counted.calls, f"{name} was not called")
    session.expect(CHECK, not modelled or counted.answers, f"{name}: no right call was answered")
    session.expect(CHECK, not modelled or counted.full, f"{name}: no answer held anything that is known")
    session.expect(CHECK, counted.refusals, f"{name}: no wrong call was refused")
    if not modelled:
        session.unchecked.append(f"{name}: what it answers (there is no model of it)")


def _read(session: Session, name: str) -> None:
    counted = session.operations[name]
    if not counted.full:
        session.unchecked.append(f"{name}: nothing that it could show was found")
    session.expect(
        CHECK, counted.full or name != "ListPipelineRunsStatus", f"{name}: no answer held anything that is known"
    )
