"""Defects that were thought up against the finished suite, from what the service promises; `UNSEEN` was not found at first."""

import json
import re
from dataclasses import replace
from datetime import timedelta

from contract.defects import changed, each, with_body
from contract.operation_defects import body, drops, fields, of, query

from paiflow.mock.timeline import moment_of, timestamp

NODES_OF = ("ListPipelineRunsStatus", "ListPipelineRunNodeStatus", "GetPipelineRunNode")


def run_of(request):
    """The id of the run that a path names."""
    return request.target.partition("?")[0].split("/")[4]


def objects(value):
    """All objects in a reply."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@of(("RerunPipelineRun", *NODES_OF), "lists", name="runs-again-what-has-succeeded")
def _again(proxy, request, send):
    """What has succeeded in a run that is run again finishes a second later."""
    reply, runs = send(request), proxy.memory.setdefault("runs", set())
    if request.target.endswith("/rerun") and reply.status == 200:
        runs.add(run_of(request))

    def later(answer):
        for one in objects(answer):
            at = moment_of(one.get("FinishedAt"))
            if one.get("Status") == "Succeeded" and at and "Duration" not in one and marked(one):
                one["FinishedAt"] = timestamp(at + timedelta(seconds=1).total_seconds())

    def marked(one):
        return one.get("PipelineRunId", run_of(request) if "/nodes/" in request.target else "") in runs

    return changed(reply, later)


@of(("RerunPipelineRun", *NODES_OF), "lists", name="leaves-what-has-failed")
def _left(proxy, request, send):
    """A node that has failed is shown as it failed first, whatever is done."""
    first = proxy.memory.setdefault("first", {})

    def keep(answer):
        for one in objects(answer):
            node = one.get("NodeId") or one.get("Metadata", {}).get("NodeId")
            status = one.get("StatusInfo", one)
            if node and status.get("Status") == "Failed" and status.get("FinishedAt"):
                first.setdefault(node, {name: status[name] for name in ("Status", "FinishedAt")})
            if node and "Status" in status:
                status.update(first.get(node, {}))

    return changed(send(request), keep)


@of(("DeletePipelineRun", "ListPipelineRuns"), "life", name="is-counted-still")
def _counted(proxy, request, send):
    """TotalCount counts the runs that were deleted, too."""
    reply = send(request)
    if request.method == "DELETE":
        proxy.memory["gone"] = proxy.memory.get("gone", 0) + (reply.status == 200)
        return reply
    return changed(reply, lambda f: f.update(TotalCount=f["TotalCount"] + proxy.memory.get("gone", 0)))


of("ListPipelineRunNodeLogs", "lists", name="forgets-the-offset-in-reverse")(
    query(lambda pairs: pairs.pop("Offset", None) if pairs.get("Reverse") == "true" else None)
)
of("ListPipelineRunNodeLogs", "lists", name="begins-a-second-later")(
    query(
        lambda pairs: (
            pairs.update(FromTimeInSeconds=str(int(pairs["FromTimeInSeconds"]) + 1))
            if pairs.get("FromTimeInSeconds", "").isdigit()
            else None
        )
    )
)
of("ListPipelineRunNodeLogs", "lists", name="ends-a-second-sooner")(
    query(
        lambda pairs: (
            pairs.update(ToTimeInSeconds=str(int(pairs["ToTimeInSeconds"]) - 1))
            if pairs.get("ToTimeInSeconds", "").isdigit()
            else None
        )
    )
)


@of(("UpdatePipeline", "GetPipeline"), "life", name="keeps-the-uuid-and-manifest-of-before")
def _before(proxy, request, send):
    """GetPipeline shows the manifest that it showed first."""
    reply, seen = send(request), proxy.memory.setdefault("seen", {})
    if request.method != "GET":
        return reply
    return changed(reply, lambda f: f.update(Manifest=seen.setdefault(f["PipelineId"], f["Manifest"])))


@of("CreatePipeline", "life", name="creates-a-copy-too")
def _copy(proxy, request, send):
    """Each pipeline is created twice, under a second identifier."""
    reply = send(request)
    if reply.status == 200:
        asked = json.loads(request.body)
        manifest = re.sub(r'"identifier": "([^"]*)"', r'"identifier": "\1-copy"', asked["Manifest"], count=1)
        send(proxy.signed(replace(request, body=json.dumps({**asked, "Manifest": manifest}).encode())))
    return reply


of(("GetPipelineRun", "ListPipelineRuns"), "life", name="counts-milliseconds")(
    fields(lambda f: [one.update(Duration=one["Duration"] * 1000) for one in objects(f) if one.get("Duration")])
)


@of("UpdatePipelineRun", "life", name="renames-the-one-before-too")
def _renames(proxy, request, send):
    """The run that was renamed before gets the same name."""
    reply = send(request)
    if reply.status == 200 and (before := proxy.memory.get("before")) not in (None, request.target):
        send(proxy.signed(replace(request, target=before)))
    if reply.status == 200:
        proxy.memory["before"] = request.target
    return reply


@of("ListPipelineRunNodeStatus", "life", name="says-that-what-was-terminated-has-succeeded")
def _succeeded(proxy, request, send):
    def well(answer):
        each(answer, "Status", lambda one: one.update(Status=one["Status"].replace("Terminated", "Succeeded")))

    return changed(send(request), well)


of("ListWorkspaces", "lists", name="sorts-by-creation-always")(drops("SortBy"))


@of("GetPipelineRun", "life", name="starts-what-is-looked-at")
def _starts(proxy, request, send):
    """A run that waits is started when its details are asked for the fifth time."""
    reply, seen = send(request), proxy.memory
    waits = reply.status == 200 and json.loads(reply.body)["Status"] == "Initialized"
    seen["waits"] = seen.get("waits", 0) + waits
    if waits and seen["waits"] % 5 == 0:
        start = replace(request, method="PUT", target=f"/api/v1/pipelineruns/{run_of(request)}/start", body=b"")
        send(proxy.signed(start, acs={"x-acs-action": "StartPipelineRun"}))
    return reply


@of("GetPipelineRunNode", "lists", name="never-gets-on")
def _progress(proxy, request, send):
    def none(answer):
        for one in objects(answer):
            if "Progress" in one:
                one["Progress"] = "0" + one["Progress"].lstrip("0123456789")

    return changed(send(request), none)


@of("ListPipelineRunNodeOutputs", "lists", name="cuts-names")
def _cut(proxy, request, send):
    def short(answer):
        for one in answer["Outputs"]:
            one["Name"] = one["Name"][:5]

    return changed(send(request), short)


of("CreatePipelineRun", "life", name="starts-what-a-designer-made")(
    body(lambda f: f.update(NoConfirmRequired=True) if f.get("SourceType") == "DESIGNER" else None)
)


@of("ListPipelineRunsStatus", "life", name="answers-from-a-cache")
def _cached(proxy, request, send):
    """The same body gets the same answer once more."""
    reply, kept = send(request), proxy.memory.setdefault("kept", {})
    if reply.status != 200:
        return reply
    old = kept.pop(request.body, None)
    if old is None:
        kept[request.body] = json.loads(reply.body)
        return reply
    return with_body(reply, json.dumps({**old, "RequestId": reply.header("x-acs-request-id")}).encode())


UNSEEN = (
    "ListPipelineRunNodeLogs-begins-a-second-later",
    "ListPipelineRunNodeLogs-ends-a-second-sooner",
    "GetPipelineRunNode-never-gets-on",
)
"""Those that the suite did not find when it was first tried on them: 3 of 17. It was changed for each."""
