"""Check at the end of a run that every request has left its trace."""

from __future__ import annotations

from collections.abc import Callable

from paiflow.contract.session import Case, Session
from paiflow.contract.signer import date
from paiflow.contract.suites.authentication import USED
from paiflow.mock import HandClock


def cases(session: Session) -> list[Case]:
    """Return the cases."""
    replays = [Case(f"the first call of {name}, replayed", _replaying(name), name) for name in session.kept]
    return [*replays, Case("what was put in is deleted", _delete)]


def _replaying(name: str) -> Callable[[Session], object]:
    """A nonce is remembered for as long as its date is good, however many came after it."""
    return lambda session: session.refused(session.kept[name], *USED)


def _delete(session: Session) -> None:
    """All that the suite has created goes, but for runs that run on; what was there before stays."""
    model = session.model
    for run in [run for run in model.of("run") if run.ours and not run.moving]:
        owner = next(one for one in session.accounts if run.owner in (None, one.access_key_id))
        session.ask("DeletePipelineRun", {"PipelineRunId": run.id}, credentials=owner)
    ours = [pipeline for pipeline in model.of("pipeline") if pipeline.ours]
    for pipeline in sorted(ours, key=model.users_of):
        session.ask("DeletePipeline", {"PipelineId": pipeline.id})
    for name, kind in (("ListPipelineRuns", "run"), ("ListPipelines", "pipeline")):
        if kind in model.complete:
            session.ask(name, {"PageSize": 100})
    session.ask("ListPipelineRunsStatus", {"PipelineRuns": [run.id for run in model.things["run"].values()]})


def by_hand(clock: HandClock) -> list[Case]:
    """Return the cases that need minutes, which pass by hand."""
    return [Case("a nonce is remembered for as long as its date is good", lambda session: _much_later(session, clock))]


def _much_later(session: Session, clock: HandClock) -> None:
    """A date may lie ahead when its nonce is used: it stays good, and the nonce with it, for twice as long."""
    ahead = session.build("ListWorkspaces", {}, acs={"x-acs-date": date(clock.now() + 800)})
    session.send(ahead)
    for seconds in (60, 240, 500, 600, 250):
        clock.advance(seconds)
        session.refused(ahead, *USED)
