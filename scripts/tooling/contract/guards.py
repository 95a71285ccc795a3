"""A run that has checked nothing must not pass."""

from __future__ import annotations

from collections.abc import Collection

from tooling.contract.answers import ANSWERS
from tooling.contract.session import Session

CHECK = "the-run-was-not-vacuous"

DROPS = 5
"""Connections that may be closed under a call. A service may close one that is idle, and then a call can cross it."""

KEPT = 5
"""How many calls on a kept connection there must be for each one dropped to say that the service keeps them at all."""


def guard(session: Session, suites: Collection[str], operation: str = "") -> None:
    """Note it where the run was vacuous.

    Args:
        session: with what was done.
        suites: those that ran.
        operation: the only one that was judged; all if empty.
    """
    with session.suite("guards"), session.case("every operation was judged"):
        for name, counted in session.operations.items():
            if operation not in ("", name) or (
                not session.strict and not session.interface.operations[name].repeatable
            ):
                continue
            modelled = name in ANSWERS
            session.expect(CHECK, counted.calls, f"{name} was not called")
            session.expect(CHECK, not modelled or counted.answers, f"{name}: no right call was answered")
            session.expect(CHECK, not modelled or counted.full, f"{name}: no answer held anything that is known")
            session.expect(CHECK, not session.strict or counted.refusals, f"{name}: no wrong call was refused")
            if not modelled:
                session.unchecked.append(f"{name}: what it answers (there is no model of it)")
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
