"""What can only be asked at the end of a run: whether all that was sent has left a trace."""

from __future__ import annotations

from paiflow.contract.session import Case, Session, fields_of
from paiflow.contract.signer import date
from paiflow.contract.suites.authentication import USED
from paiflow.mock import HandClock


def cases() -> list[Case]:
    """Return the cases."""
    return [
        Case("the first calls, replayed", _replay),
        Case("the first questions, asked again", _ask_again),
        Case("what was put in is deleted", _delete),
    ]


def _replay(session: Session) -> None:
    """A nonce is remembered for as long as its date is good, however many came after it."""
    for request, _ in session.kept:
        session.refused(request, *USED)


def _ask_again(session: Session) -> None:
    """What is asked again is judged again; of what does not change, the answer is the first one."""
    for request, first in session.kept:
        path, _, query = request.target.partition("?")
        route = session.interface.route(path)
        if route is None:
            continue
        again = session.ask(route.methods[request.method].name, {}, path=path, query=query)
        if session.strict and "/pipelineruns" not in path and "/pipelines" not in path:
            same = fields_of(first) == fields_of(again)
            session.expect("asking-changes-nothing", same, "asked again at the end of the run, it differs")


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
