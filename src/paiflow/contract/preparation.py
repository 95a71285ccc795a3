"""Create pipelines and runs through the service's own operations; expectations then do not depend on its replies."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from paiflow.contract.discovery import discover_run
from paiflow.contract.manifests import BAD, PROVIDER, Manifest, Step
from paiflow.contract.session import Session
from paiflow.contract.things import Ids, Thing, text_of

NESTED = (
    Step("load", outputs=[("raw", "DataSet")]),
    Step("训练 ✓", after=["load"], outputs=[("weights", "Model"), ("log-loss", "Metrics")]),
    Step("evaluate", steps=[Step("score", outputs=[("scores", "ModelEvaluation")]), Step("report")]),
)
FLAT = (Step("only", outputs=[("table", "DataSet")]), Step("other", outputs=[("curve", "Metrics")]))
FAILING = (
    Step("good", outputs=[("kept", "DataSet")]),
    Step("bad", outputs=[("never", "Model")], command=["sh", "-c", "exit 1"]),
    Step("late", after=["bad"]),
)
FLAKY = (Step("flaky", outputs=[("second", "Model")]), Step("then", after=["flaky"], outputs=[("after", "Metrics")]))
"""Steps of which our own mock lets the first one fail, when it runs for the first time."""


@dataclass
class Stock:
    """The things that the suite created.

    Args:
        tag: the SourceId of all runs, which no other run has.
        workspace_id: where they are.
        elsewhere: another workspace; None if there is none.
        pipelines: by a word of ours.
        runs: by a word of ours.
        failed: when nodes finished that had failed, and were run again, by their ids.
        spent: how many spare runs were created.
    """

    tag: str = ""
    workspace_id: str = ""
    elsewhere: str | None = None
    pipelines: dict[str, Thing] = field(default_factory=dict)
    runs: dict[str, Thing] = field(default_factory=dict)
    failed: dict[Ids, str] = field(default_factory=dict)
    spent: int = 0


def add_stock(session: Session, workspace_id: str | None) -> Stock:
    """Put in pipelines and runs of many kinds, and find out what the service says of each.

    Args:
        session: with a service that may be written to.
        workspace_id: where; the first one that exists if not given.
    """
    model = session.model
    there = [thing.id for thing in model.of("workspace")]
    used = [text_of(run, "WorkspaceId") for run in model.of("run")]
    here = workspace_id or next((one for one in used if one in there), there[0] if there else "1")
    stock = Stock(f"contract-{secrets.token_hex(4)}", here, next((one for one in there if one != here), None))
    model.manifests |= dict.fromkeys(BAD.values())
    plain = Manifest(f"{stock.tag}-flat", FLAT)
    nested = Manifest(f"{stock.tag}-nested", NESTED)
    failing = Manifest(f"{stock.tag}-failing", (*FAILING, *(FLAKY if model.frozen else ())))
    for manifest in (Manifest(f"{stock.tag}-own", FLAT), Manifest(f"{stock.tag}-yaml", FLAT), failing):
        model.manifests |= {manifest.text: manifest, manifest.yaml: manifest}
    user = Manifest(f"{stock.tag}-user", [Step("inner", uses=plain.identity)], version="v2")
    for word, manifest in {"flat": plain, "nested": nested, "user": user}.items():
        add_pipeline(session, stock, word, manifest)
    for word, arguments in {
        **_runs(stock),
        "failing": {"PipelineManifest": failing.text, "SourceId": stock.tag},
    }.items():
        add_run(session, stock, word, arguments)
    return stock


def _runs(stock: Stock) -> dict[str, dict[str, Any]]:
    """Return the arguments of the runs to create, by a word of ours."""
    tag = {"SourceId": stock.tag}
    waits = {"NoConfirmRequired": False}
    flat = {"PipelineManifest": Manifest(f"{stock.tag}-own", FLAT).text}
    runs: dict[str, dict[str, Any]] = {
        "nested": {
            "PipelineId": "nested",
            **tag,
            "Name": "Zürich 運行 ✓",
            "SourceType": "SDK",
            "NoConfirmRequired": True,
        },
        "waiting": {
            "PipelineId": "nested",
            **tag,
            **waits,
            "Name": "alpha",
            "SourceType": "DESIGNER",
            "Arguments": '{"arguments": {"parameters": [{"name": "表", "value": "t"}]}}',
            "Options": '{"mlflow": {"experimentId": "exp-1"}}',
        },
        "plain": {"PipelineId": "flat", **tag, "Name": "Beta"},
        "written": {"PipelineManifest": Manifest(f"{stock.tag}-yaml", FLAT).yaml, **tag, **waits, "SourceType": "M6"},
        "private": {**flat, **tag, **waits, "Name": "alpha", "Accessibility": "PRIVATE"},
        "public": {**flat, **tag, **waits, "Name": "Zz", "Accessibility": "PUBLIC", "SourceType": "UNKNOWN"},
        "stopped": {**flat, **tag, "Name": "to be stopped"},
        "deleted": {**flat, **tag, **waits, "Name": "to be deleted"},
    }
    if stock.elsewhere is not None:
        runs["elsewhere"] = {**flat, **tag, **waits, "Name": "alpha", "WorkspaceId": stock.elsewhere}
    return runs


def add_pipeline(session: Session, stock: Stock, word: str, manifest: Manifest) -> Thing | None:
    """Create a pipeline, find out what the service says of it, and return it."""
    for text in (manifest.text, manifest.yaml):
        session.model.manifests[text] = manifest
    reply = session.ask("CreatePipeline", {"WorkspaceId": stock.workspace_id, "Manifest": manifest.text})
    pipeline = session.model.thing("pipeline", str(reply.fields.get("PipelineId"))) if reply else None
    if pipeline is not None:
        stock.pipelines[word] = pipeline
        session.ask("GetPipeline", {"PipelineId": pipeline.id})
        named = {"PipelineProvider": PROVIDER, "PipelineIdentifier": manifest.identifier}
        session.ask("ListPipelines", {**named, "PipelineVersion": manifest.version})
    return pipeline


def add_run(session: Session, stock: Stock, word: str, arguments: dict[str, Any]) -> Thing | None:
    """Create a run, find out what the service says of it, and return it."""
    sent = {"WorkspaceId": stock.workspace_id, **arguments}
    if (pipeline := sent.get("PipelineId")) in stock.pipelines:
        sent["PipelineId"] = stock.pipelines[pipeline].id
    reply = session.ask("CreatePipelineRun", sent)
    run = session.model.thing("run", str(reply.fields.get("PipelineRunId"))) if reply else None
    if run is not None:
        stock.runs[word] = run
        session.ask("ListPipelineRuns", {"PipelineRunId": run.id})
        discover_run(session, run)
        _compare_nodes(session, run)
    return run


def spare_run(session: Session, stock: Stock) -> Thing | None:
    """Create one more run that waits to be started."""
    stock.spent += 1
    text = Manifest(f"{stock.tag}-own", FLAT).text
    arguments = {
        "PipelineManifest": text,
        "SourceId": stock.tag,
        "NoConfirmRequired": False,
        "Name": f"spare {stock.spent}",
    }
    return add_run(session, stock, f"spare {stock.spent}", arguments)


def _compare_nodes(session: Session, run: Thing) -> None:
    """The nodes of a run are those that its manifest names."""
    root = session.model.root(run)
    if run.manifest is None or root is None or root.children is None:
        session.expect("a-run-has-its-manifests-nodes", run.manifest is None, "a new run has no nodes")
        return
    session.expect(
        "a-run-has-its-manifests-nodes",
        _names(root.children) == _steps(run.manifest.steps),
        f"the nodes of a run are {_names(root.children)}, its manifest has {_steps(run.manifest.steps)}",
    )


def _names(nodes: list[Thing]) -> list[Any]:
    return sorted(([text_of(node, "NodeName"), _names(node.children or [])] for node in nodes), key=str)


def _steps(steps: Any) -> list[Any]:
    return sorted(([step.name, _steps(step.steps)] for step in steps), key=str)
