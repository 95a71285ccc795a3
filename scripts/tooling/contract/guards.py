"""A run that has checked nothing must not pass."""

from __future__ import annotations

from collections.abc import Collection

from tooling.contract.checks import Exchange
from tooling.contract.expected_replies import KINDS
from tooling.contract.session import Session

SHARE = 0.3
"""Of the replies to right requests, how many must hold a run, a node or an output at least."""


DROPS = 5
"""Connections that may be closed under a call. A service may close one that is idle, and then a call can cross it."""


KEPT = 5
"""How many calls on a kept connection there must be for each one dropped to say that the service keeps them at all."""


def guard(session: Session, suites: Collection[str]) -> None:
    """Note it where the run was vacuous.

    Args:
        session: whose journal is looked at.
        suites: those that ran. Kinds that nobody knows of are not asked for.
    """
    positive = [exchange for exchange in session.journal if exchange.positive]
    kinds = [
        kind
        for kind, known in zip(KINDS, (session.world.runs, session.world.nodes, session.world.outputs), strict=True)
        if known
    ]
    with session.suite("guards"), session.case("replies hold something"):
        full = [exchange for exchange in positive if _holds(exchange, KINDS)]
        share = len(full) / len(positive) if positive else 0.0
        session.expect(
            "the-run-was-not-vacuous",
            share >= SHARE,
            f"{len(full)} of {len(positive)} replies to right requests hold a run, a node or an output;"
            f" {SHARE:.0%} are due",
        )
        for kind in kinds:
            held = any(_holds(exchange, [kind]) for exchange in positive)
            session.expect("the-run-was-not-vacuous", held, f"no reply holds anything in {kind}")
        for suite in suites:
            tally = session.tallies.get(suite)
            session.expect("the-run-was-not-vacuous", tally and tally.cases, f"the suite {suite} ran no case")
    with session.suite("guards"), session.case("connections"):
        wire = session.wire
        session.expect(
            "connections-are-kept",
            wire.dropped < DROPS or wire.reused < KEPT * wire.dropped,
            "the service keeps connections, but dropped some in the middle of a call",
        )


def _holds(exchange: Exchange, kinds: Collection[str]) -> bool:
    reply = exchange.reply
    return reply is not None and reply.status == 200 and any(reply.items(kind) for kind in kinds)
