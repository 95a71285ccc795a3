"""What can only be asked at the end of a run: whether all that was sent has left a trace."""

from __future__ import annotations

from tooling.contract.session import Case, Session, lists_of
from tooling.contract.suites.authentication import USED
from tooling.contract.suites.lookups import node_references


def cases() -> list[Case]:
    """Return the cases."""
    return [
        Case("the first calls, replayed", _replay),
        Case("the first questions, asked again", _ask_again),
        Case("statuses go forwards only", _forwards),
    ]


def _replay(session: Session) -> None:
    """A nonce is remembered for as long as its date is good, however many came after it."""
    for request, _ in session.kept:
        session.refused(request, *USED)


def _ask_again(session: Session) -> None:
    for request, first in session.kept:
        again = session.send(session.build(body=request.body), positive=True)
        if session.world.whole:
            same = lists_of(first) == lists_of(again)
            session.expect("asking-changes-nothing", same, "asked again at the end of the run, it differs")


def _forwards(session: Session) -> None:
    """What has ended does not go on: no status but Suspended and Unknown is left again for one that comes before."""
    session.ask({"PipelineRuns": list(session.world.runs)})
    if references := node_references(session.world):
        session.ask({"Nodes": references})
    latest: dict[tuple[object, ...], int] = {}
    for exchange in session.journal:
        for kind in ("PipelineRuns", "Nodes"):
            for item in exchange.reply.items(kind) if exchange.reply else ():
                rank = RANKS.get(str(item.get("Status")))
                key = (kind, item.get("PipelineRunId"), item.get("NodeId") if kind == "Nodes" else None)
                if rank is not None:
                    if rank < latest.get(key, 0):
                        session.found(
                            "a-status-does-not-go-backwards", f"{kind}: {item['Status']} came too late", exchange
                        )
                        return
                    latest[key] = rank


RANKS = {
    "Initialized": 0,
    "ReadyToSchedule": 1,
    "Starting": 1,
    "WorkflowServiceStarting": 1,
    "Running": 2,
    "Terminating": 3,
    **dict.fromkeys(["Terminated", "Succeeded", "Failed", "Skipped"], 4),
}
"""How far a status is in a life. Source: the lifecycle that the vendor's pages and its higher SDK tell of."""
