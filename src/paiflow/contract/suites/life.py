"""A run's life over every operation: created, started, terminated, run again, deleted; also as seen by other users.

The first part starts what takes time; the second one, later, looks at how it ended. A mock whose clock is advanced by
hand ends everything at once; elsewhere the time passes with the other suites.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from paiflow.contract.discovery import DEEP, discover_ends, discover_log, discover_run
from paiflow.contract.http import encoded
from paiflow.contract.manifests import BAD, Manifest, Step
from paiflow.contract.preparation import FLAT, Stock, add_pipeline, add_run, spare_run
from paiflow.contract.session import Case, Session
from paiflow.contract.things import ENDED, Thing, text_of
from paiflow.mock.timeline import timestamp

PATIENCE = 45.0
"""Seconds after which a run that has not ended is not waited for any more."""

CHANGES = ("StartPipelineRun", "TerminatePipelineRun", "RerunPipelineRun", "UpdatePipelineRun", "DeletePipelineRun")

STATUSES, LOGS, OUTPUTS = "ListPipelineRunsStatus", "ListPipelineRunNodeLogs", "ListPipelineRunNodeOutputs"
NODES = ("GetPipelineRunNode", "ListPipelineRunNodeStatus")

Advance = Callable[[float], object]


def beginnings(stock: Stock) -> list[Case]:
    """Return the cases that start what takes time."""
    return [
        Case("what may be done with a run that waits", lambda session: _waiting(session, stock)),
        Case("a run is terminated", lambda session: _terminated(session, stock), "TerminatePipelineRun"),
        Case("a run that waits is terminated", lambda session: _never_started(session, stock), "TerminatePipelineRun"),
        Case("a run is deleted", lambda session: _deleted(session, stock), "DeletePipelineRun"),
        Case("a run is renamed", lambda session: _renamed(session, stock), "UpdatePipelineRun"),
        Case("a pipeline changes", lambda session: _pipelines(session, stock), "UpdatePipeline"),
        Case("wrong manifests", lambda session: _wrong_manifests(session, stock), "CreatePipeline"),
        Case("a call creates one", lambda session: _one_each(session, stock), "CreatePipelineRun"),
        Case("pages shift", lambda session: _shifting(session, stock), "ListPipelineRuns"),
        Case("another user", lambda session: _others(session, stock)),
        Case("what is refused has no effect", lambda session: _no_effect(session, stock)),
    ]


def reruns(stock: Stock, advance: Advance | None = None) -> list[Case]:
    """Return the cases that start again what was stopped."""
    wait = advance or time.sleep
    name = "RerunPipelineRun"
    return [
        Case("a terminated run is run again", lambda session: _rerun(session, stock, wait), name),
        Case("a failed run is run again", lambda session: _rerun_failed(session, stock, wait), name),
    ]


def endings(stock: Stock, advance: Advance | None = None) -> list[Case]:
    """Return the cases that look at how it ended.

    Args:
        stock: what was put in.
        advance: lets time pass; without it, it passes by itself.
    """
    wait = advance or time.sleep
    return [
        Case("runs end", lambda session: _ended(session, stock, wait)),
        Case("what has ended", lambda session: _outcomes(session, stock)),
        Case("ended runs are deleted", lambda session: _ended_deleted(session, stock), "DeletePipelineRun"),
    ]


def by_hand(stock: Stock, advance: Advance, now: Callable[[], float]) -> list[Case]:
    """Return the cases that say what is due to the millisecond, of a mock whose time stands still but for `advance`."""
    return [Case("a run by the clock", lambda session: _by_the_clock(session, stock, advance, now))]


NODE, TERMINATING = 10, 2
"""Seconds that our mock lets a node run, and a termination take."""


def _by_the_clock(session: Session, stock: Stock, advance: Advance, now: Callable[[], float]) -> None:
    """A node of ten seconds has started and finished when the clock says so; so has a terminated one."""
    finished, stopped = spare_run(session, stock), spare_run(session, stock)
    if finished is None or stopped is None:
        return
    began = now()
    for run in (finished, stopped):
        session.ask("StartPipelineRun", {"PipelineRunId": run.id})
        _is(session, run, "Running", began, None)
    advance(NODE - 1)
    session.model.passes()
    _is(session, finished, "Running", began, None)
    session.ask("TerminatePipelineRun", {"PipelineRunId": stopped.id})
    _is(session, stopped, "Terminating", began, None)
    advance(1)
    session.model.passes()
    _is(session, finished, "Succeeded", began, began + NODE)
    _is(session, stopped, "Terminating", began, None)
    advance(TERMINATING - 1)
    session.model.passes()
    _is(session, stopped, "Terminated", began, began + NODE - 1 + TERMINATING)
    _is(session, finished, "Succeeded", began, began + NODE)


def _is(session: Session, run: Thing, status: str, began: float, ended: float | None) -> None:
    """A run, and its nodes, have this status and these times in every reply."""
    facts = {
        "Status": status,
        "StartedAt": timestamp(began),
        "FinishedAt": timestamp(ended),
        "Duration": 0 if ended is None else int(ended - began),
    }
    for thing in (run, *session.model.nodes_of(run)):
        thing.stay(status)
        thing.put |= facts if thing is run else {name: value for name, value in facts.items() if name != "Duration"}
    look(session, run)
    if status not in ENDED:
        for thing in (run, *session.model.nodes_of(run)):
            thing.move({status})


def look(session: Session, run: Thing) -> None:
    """Ask all operations about a run."""
    ids = {"PipelineRunId": run.id}
    _ask_all(session, {"GetPipelineRun": ids, "ListPipelineRuns": ids, STATUSES: {"PipelineRuns": [run.id]}})
    nodes = [{**ids, "NodeId": node.id} for node in session.model.nodes_of(run)]
    root = session.model.root(run)
    if nodes and root is not None:
        moving = any(node.moving for node in session.model.nodes_of(run))
        session.ask(STATUSES, {"Nodes": nodes}, discovering=moving)
        path = {**ids, "NodeId": root.id, "Depth": DEEP}
        _ask_all(session, dict.fromkeys(NODES, path))


def _ask_all(session: Session, calls: Mapping[str, dict[str, Any]], **who: Any) -> None:
    for name, arguments in calls.items():
        session.ask(name, arguments, **who)


def _reads(session: Session, run: Thing, **who: Any) -> None:
    """Ask all operations about a run that may not be seen."""
    ids = {"PipelineRunId": run.id}
    path = {**ids, "NodeId": text_of(run, "NodeId")}
    _ask_all(session, {"GetPipelineRun": ids, "ListPipelineRuns": ids, STATUSES: {"PipelineRuns": [run.id]}}, **who)
    _ask_all(session, {"GetPipelineRun": {**ids, "Verbose": True}, STATUSES: {"Nodes": [path]}}, **who)
    _ask_all(session, {**dict.fromkeys(NODES, path), LOGS: path, OUTPUTS: {**path, "Depth": 9}}, **who)


def _changes(session: Session, run: Thing, name: str, **who: Any) -> None:
    """Try all changes of a run; `name` is its new one."""
    ids = {"PipelineRunId": run.id}
    _ask_all(session, {**dict.fromkeys(CHANGES, ids), "UpdatePipelineRun": {**ids, "Name": name}}, **who)


def _try_all(session: Session, run: Thing, *names: str) -> None:
    """Try changes that the run's state does not allow."""
    for name in names:
        before = _status(session, run)
        reply = session.ask(name, {"PipelineRunId": run.id})
        after = _status(session, run)
        done = reply is not None and reply.status == 200 and not {before, after} & {*ENDED, None}
        session.expect("states-are-enforced", not done, f"{name} was answered while the run was {before}")


def _status(session: Session, run: Thing) -> str | None:
    reply = session.ask("ListPipelineRunsStatus", {"PipelineRuns": [run.id]})
    return next((item.get("Status") for item in reply.items("PipelineRuns")), None) if reply else None


def _waiting(session: Session, stock: Stock) -> None:
    if (run := spare_run(session, stock)) is None:
        return
    _try_all(session, run, "RerunPipelineRun")
    look(session, run)
    session.ask("StartPipelineRun", {"PipelineRunId": run.id})
    look(session, run)
    _try_all(session, run, "StartPipelineRun", "DeletePipelineRun", "RerunPipelineRun")
    look(session, run)
    stock.runs["started"] = run


def _terminated(session: Session, stock: Stock) -> None:
    if (run := stock.runs.get("stopped")) is None:
        return
    _try_all(session, run, "StartPipelineRun", "DeletePipelineRun", "RerunPipelineRun")
    session.ask("TerminatePipelineRun", {"PipelineRunId": run.id})
    look(session, run)
    _try_all(session, run, "StartPipelineRun", "TerminatePipelineRun")
    look(session, run)


def _never_started(session: Session, stock: Stock) -> None:
    if (run := spare_run(session, stock)) is None:
        return
    session.ask("TerminatePipelineRun", {"PipelineRunId": run.id})
    look(session, run)
    stock.runs["never started"] = run


def _deleted(session: Session, stock: Stock) -> None:
    if (run := stock.runs.get("deleted")) is None:
        return
    ids = {"PipelineRunId": run.id}
    session.ask("DeletePipelineRun", ids)
    gone(session, run)
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "PageSize": 100})


def gone(session: Session, run: Thing) -> None:
    """A deleted run is found by ListPipelineRunsStatus only, and nothing can be done with it."""
    session.ask(STATUSES, {"PipelineRuns": [run.id]})
    _reads(session, run)
    _changes(session, run, "x")


def _renamed(session: Session, stock: Stock) -> None:
    """Of one run, and of no other, the name changes, and nothing else."""
    for word in ("waiting", "private"):
        if (run := stock.runs.get(word)) is not None:
            for name in ("renamed", "改名 ✓ É", "alpha"):
                session.ask("UpdatePipelineRun", {"PipelineRunId": run.id, "Name": name})
                look(session, run)
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "Name": "alpha", "PageSize": 100})
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "PageSize": 100})


def _pipelines(session: Session, stock: Stock) -> None:
    """Created, changed, used, deleted; and a name is not given twice."""
    manifest = Manifest(f"{stock.tag}-short", FLAT)
    pipeline = add_pipeline(session, stock, "short", manifest)
    if pipeline is None:
        return
    ids = {"PipelineId": pipeline.id}
    new = {"WorkspaceId": stock.workspace_id}
    session.ask("CreatePipeline", {**new, "Manifest": manifest.text})
    session.ask("CreatePipeline", {**new, "Manifest": manifest.yaml})
    other = Manifest(f"{stock.tag}-短", [Step("唯一"), Step("b")], version="v3")
    taken = stock.pipelines.get("flat")
    for one in (other, manifest, other):
        session.model.manifests[one.text] = one
        session.ask("UpdatePipeline", {**ids, "Manifest": one.text})
        session.ask("GetPipeline", ids)
        session.ask("ListPipelines", {"PipelineProvider": one.identity[0], "PageSize": 100})
    if taken is not None:
        session.ask("UpdatePipeline", {**ids, "Manifest": text_of(taken, "Manifest")})
        session.ask("GetPipeline", ids)
        session.ask("DeletePipeline", {"PipelineId": taken.id})
        session.ask("GetPipeline", {"PipelineId": taken.id})
    made = {"PipelineId": pipeline.id, "SourceId": stock.tag, "NoConfirmRequired": False, "Name": "of the short one"}
    add_run(session, stock, "of the short one", made)
    session.ask("DeletePipeline", ids)
    for name in ("GetPipeline", "DeletePipeline"):
        session.ask(name, ids)
    session.ask("UpdatePipeline", {**ids, "Manifest": other.text})
    session.ask("CreatePipelineRun", {**new, **ids})
    session.ask("ListPipelines", {"PipelineProvider": manifest.identity[0], "PageSize": 100})
    session.ask("ListPipelines", {"PageSize": 100})
    again = add_pipeline(session, stock, "short", other)
    if again is not None:
        session.ask("DeletePipeline", {"PipelineId": again.id})
        session.ask("ListPipelines", {"PageSize": 100})


def _wrong_manifests(session: Session, stock: Stock) -> None:
    new = {"WorkspaceId": stock.workspace_id}
    pipeline = stock.pipelines.get("nested")
    for text in BAD.values():
        session.ask("CreatePipeline", {**new, "Manifest": text})
        session.ask("CreatePipelineRun", {**new, "PipelineManifest": text})
        if pipeline is not None:
            session.ask("UpdatePipeline", {"PipelineId": pipeline.id, "Manifest": text})
    if pipeline is not None:
        session.ask("GetPipeline", {"PipelineId": pipeline.id})
    session.ask("ListPipelines", {"PageSize": 100})
    session.ask("ListPipelineRuns", {"PageSize": 100, "Order": "ASC"})


def _one_each(session: Session, stock: Stock) -> None:
    """A call creates one run or pipeline, each its own."""
    before = len(session.model.things["run"]), len(session.model.things["pipeline"])
    for number in range(2):
        spare_run(session, stock)
        add_pipeline(session, stock, f"one {number}", Manifest(f"{stock.tag}-one-{number}", FLAT[:1]))
    made = len(session.model.things["run"]) - before[0], len(session.model.things["pipeline"]) - before[1]
    session.expect("a-call-creates-one", made == (2, 2), f"two calls each made {made[0]} runs and {made[1]} pipelines")
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "PageSize": 100})
    session.ask("ListPipelines", {"PageSize": 100})


def _shifting(session: Session, stock: Stock) -> None:
    """While somebody reads pages, oldest first, runs are added: none of those that were there is lost or comes twice."""
    ask = {"SourceId": stock.tag, "Order": "ASC", "PageSize": 2}
    before = [run.id for run in session.model.of("run") if text_of(run, "SourceId") == stock.tag]
    seen: list[str] = []
    for number in range(1, len(before)):
        reply = session.ask("ListPipelineRuns", {**ask, "PageNumber": number})
        page = [str(item.get("PipelineRunId")) for item in reply.items("PipelineRuns")] if reply else []
        seen += page
        if len(page) < 2:
            break
        if number in (1, 3):
            spare_run(session, stock)
    session.expect("pages-that-shift-lose-nothing", seen[: len(before)] == before, "a run was lost, or came twice")


def _others(session: Session, stock: Stock) -> None:
    """Only its owner sees a private run; every user sees a public one."""
    if len(session.accounts) < 2:
        session.unchecked.append("what another user may see: no second account was given")
        return
    private, public = stock.runs.get("private"), stock.runs.get("public")
    for account in session.accounts:
        for run in (private, public):
            if run is not None:
                _seen_by(session, stock, run, account)
    if private is not None:
        session.ask("GetPipelineRun", {"PipelineRunId": private.id})
        session.ask("UpdatePipelineRun", {"PipelineRunId": private.id, "Name": "still there"})
        look(session, private)


def _seen_by(session: Session, stock: Stock, run: Thing, account: Any) -> None:
    who = {"credentials": account}
    _reads(session, run, **who)
    page = {"SourceId": stock.tag, "PageSize": 2, "PageNumber": 2, "Order": "ASC"}
    for asked in ({"SourceId": stock.tag, "PageSize": 100}, page, {"PageSize": 100}):
        session.ask("ListPipelineRuns", asked, **who)
    if run.owner not in (None, account.access_key_id):
        _changes(session, run, "stolen", **who)


def _no_effect(session: Session, stock: Stock) -> None:
    """A change that is refused, unsigned or forged or wrong, is not made."""
    run, pipeline = stock.runs.get("waiting"), stock.pipelines.get("one 0")
    if run is None or pipeline is None:
        return
    manifest = Manifest(f"{stock.tag}-forged", FLAT).text
    session.model.manifests[manifest] = Manifest(f"{stock.tag}-forged", FLAT)
    changes: list[tuple[str, dict[str, Any]]] = [
        *(
            (name, {"PipelineRunId": run.id, **({"Name": "forged"} if name == "UpdatePipelineRun" else {})})
            for name in CHANGES
        ),
        ("CreatePipelineRun", {"WorkspaceId": stock.workspace_id, "PipelineManifest": manifest, "SourceId": stock.tag}),
        ("CreatePipeline", {"WorkspaceId": stock.workspace_id, "Manifest": manifest}),
        ("UpdatePipeline", {"PipelineId": pipeline.id, "Manifest": manifest}),
        ("DeletePipeline", {"PipelineId": pipeline.id}),
    ]
    for name, arguments in changes:
        right = session.build(name, arguments)
        session.refused(right.with_header("authorization", None), 400, "IncompleteSignature")
        forged = (right.header("authorization") or "").rpartition("=")[0] + "=" + "0" * 64
        session.refused(right.with_header("authorization", forged), 400, "SignatureDoesNotMatch")
        session.refused(session.build(name, arguments, shift=-3600), 400, "InvalidTimeStamp.Expired")
        session.ask(name, arguments, method="PATCH")
        if session.draft(name, arguments).body:
            session.ask(name, arguments, content_type="text/plain")
            session.ask(name, arguments, body=encoded(arguments)[:-1])
        session.ask("GetPipelineRun", {"PipelineRunId": run.id})
        session.ask("GetPipeline", {"PipelineId": pipeline.id})
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "PageSize": 100})
    session.ask("ListPipelines", {"PageSize": 100})


def _ours(stock: Stock) -> list[Thing]:
    return [run for run in stock.runs.values() if not run.deleted]


def until(session: Session, runs: list[Thing], wait: Advance) -> list[Thing]:
    """Wait until runs have ended, and return those that have not."""
    started = time.monotonic()
    while moving := [run for run in runs if run.moving]:
        if time.monotonic() - started > PATIENCE:
            break
        for run in moving:
            before = {node.ids: discover_log(session, node) for node in session.model.nodes_of(run)}
            look(session, run)
            for node in session.model.nodes_of(run):
                after = discover_log(session, node)
                kept = after[: len(before.get(node.ids, []))] == before.get(node.ids, [])
                session.expect("a-log-only-grows", kept, "lines of a log have gone, or changed")
        if any(run.moving for run in moving):
            wait(1.0)
            session.model.passes()
    return [run for run in runs if run.moving]


def _ended(session: Session, stock: Stock, wait: Advance) -> None:
    for run in session.model.of("run"):
        if not run.was_told_by("ListPipelineRuns"):
            session.ask("ListPipelineRuns", {"PipelineRunId": run.id})  # created by a generated request
    left = until(session, _ours(stock), wait)
    if left:
        session.unchecked.append(f"the end of {len(left)} runs: they did not end within {PATIENCE:.0f} s")


def _rerun(session: Session, stock: Stock, wait: Advance) -> None:
    stopped = [run for word in ("stopped", "never started") if (run := stock.runs.get(word)) is not None]
    until(session, stopped, wait)
    for run in stopped:
        session.ask("RerunPipelineRun", {"PipelineRunId": run.id})
        look(session, run)
        _try_all(session, run, "RerunPipelineRun", "DeletePipelineRun")


def _rerun_failed(session: Session, stock: Stock, wait: Advance) -> None:
    """A rerun repeats failed and skipped nodes; succeeded ones stay as they are, their outputs and logs too."""
    if (run := stock.runs.get("failing")) is None:
        return
    until(session, [run], wait)
    discover_run(session, run)
    _is_consistent(session, run)
    failed = [node for node in session.model.nodes_of(run) if text_of(node, "Status") == "Failed"]
    if not failed:
        session.unchecked.append(
            "how failed nodes are run again: the container of a node exits with 1, and it does not fail"
        )
        return
    stock.failed |= {node.ids: text_of(node, "FinishedAt") for node in failed}
    logs = {node.ids: session.model.logs.get(node.ids, []) for node in failed}
    session.ask("RerunPipelineRun", {"PipelineRunId": run.id})
    look(session, run)
    _try_all(session, run, "RerunPipelineRun", "DeletePipelineRun")
    for node in failed:
        kept = discover_log(session, node)[: len(logs[node.ids])] == logs[node.ids]
        session.expect("a-log-only-grows", kept, "a node is run again, and lines of its log have gone")


def _is_consistent(session: Session, run: Thing) -> None:
    """A run that has ended does what its nodes do, and these what their manifest says."""
    nodes = session.model.nodes_of(run)
    late = [node for node in nodes if node.moving or text_of(node, "Status") not in ENDED]
    session.expect("nodes-end-with-their-run", not late, f"a run is {text_of(run, 'Status')}, a node of it is not")
    for node in nodes:
        progress = str(node.fields.get("StatusInfo", {}).get("Progress", ""))
        half = text_of(node, "Status") == "Succeeded" and len(set(progress.split("/"))) == 2
        session.expect("what-has-succeeded-is-done", not half, f"a node is Succeeded, its Progress {progress}")
    if run.manifest is None or text_of(run, "Status") not in ("Succeeded", "Failed"):
        return
    status = {text_of(node, "NodeName"): text_of(node, "Status") for node in nodes}
    leaves = [leaf for step in run.manifest.steps for leaf in step.leaves()]
    well = all(status.get(leaf.name) == "Succeeded" for leaf in leaves)
    session.expect(
        "a-run-ends-as-its-nodes",
        (text_of(run, "Status") == "Succeeded") == well,
        f"a run is {text_of(run, 'Status')}, its nodes are {', '.join(status.values())}",
    )
    for leaf in leaves:
        skipped = any(status.get(name) in ("Failed", "Skipped", "Terminated") for name in leaf.after)
        session.expect(
            "nodes-after-a-failure-are-skipped",
            (status.get(leaf.name) == "Skipped") == skipped,
            f"a node is {status.get(leaf.name)}, those before it {', '.join(str(status.get(one)) for one in leaf.after)}",
        )
    named = sorted(one for leaf in leaves if status.get(leaf.name) == "Succeeded" for one in leaf.outputs)
    found = sorted(
        (text_of(one, "Name"), text_of(one, "Type")) for node in nodes for one in session.model.outputs_of(node)
    )
    session.expect("outputs-are-those-of-the-manifest", found == named, f"outputs are {found}, {named} are due")


def _outcomes(session: Session, stock: Stock) -> None:
    """A run that has ended stays as it is; its outputs are those that its manifest names; its nodes have ended, too."""
    for ids, finished in stock.failed.items():
        if (node := session.model.thing("node", *ids)) is not None and not node.moving:
            again = text_of(node, "FinishedAt") > finished
            session.expect("what-has-failed-is-run-again", again, "a node that had failed has not finished again")
    for run in [one for one in _ours(stock) if text_of(one, "Status") in ENDED]:
        discover_run(session, run)
        _is_consistent(session, run)
        discover_ends(session, run)
        _try_all(session, run, "StartPipelineRun", "TerminatePipelineRun")
        look(session, run)
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "Status": "Succeeded", "PageSize": 100})
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "Status": "Terminated", "PageSize": 100})


def _ended_deleted(session: Session, stock: Stock) -> None:
    for word in ("started", "never started"):
        run = stock.runs.get(word)
        if run is not None and text_of(run, "Status") in ENDED:
            session.ask("DeletePipelineRun", {"PipelineRunId": run.id})
            gone(session, run)
    session.ask("ListPipelineRuns", {"SourceId": stock.tag, "PageSize": 100})
