"""Create, update and delete pipelines, and start runs of them."""

import contextlib
import json
from functools import lru_cache
from typing import Any

import attrs

from paiflow.mock import lifecycle
from paiflow.mock.call import Call
from paiflow.mock.items import Item, text_of
from paiflow.mock.manifest import Manifest, ManifestError, Step, parsed, read_manifest
from paiflow.mock.refusals import Refusal
from paiflow.mock.store import Store
from paiflow.mock.timeline import timestamp

__all__ = ["create_pipeline", "create_run", "delete_pipeline", "get_pipeline", "pipeline", "update_pipeline"]

_KEY = ("Provider", "Identifier", "Version")
_OF_A_RUN = ("Name", "WorkspaceId", "SourceType", "SourceId", "Options", "Accessibility")


def pipeline(call: Call) -> Item:
    """Return the pipeline that is named by its id.

    Raises:
        Refusal: there is none.
    """
    pipeline_id = call.parameters["PipelineId"]
    found = call.store.pipelines.get(pipeline_id)
    if found is None:
        raise Refusal("200200004", pipeline_id)
    return found


def get_pipeline(call: Call) -> dict[str, Any]:
    """Return a pipeline with its manifest."""
    return pipeline(call).view(call.operation.reply_fields)


def create_pipeline(call: Call) -> dict[str, Any]:
    """Create a pipeline that the manifest defines."""
    pipeline_id = call.behaviour.new_id("pipeline-")
    fields = _defined(call, None)
    call.store.add_pipeline({"PipelineId": pipeline_id, **fields}, workspace_id=call.parameters["WorkspaceId"])
    return {"PipelineId": pipeline_id}


def update_pipeline(call: Call) -> dict[str, Any]:
    """Give a pipeline another manifest."""
    found = pipeline(call)
    found.given |= {**_defined(call, found), "GmtModifiedTime": timestamp(call.store.now)}
    call.store.pipelines.update(found, call.store.now)
    return {}


def delete_pipeline(call: Call) -> dict[str, Any]:
    """Delete a pipeline.

    Source: "cannot be deleted while another pipeline uses it", the page of DeletePipeline.
    """
    found = pipeline(call)
    key = tuple(text_of(found.current, name) for name in _KEY)
    for other in call.store.pipelines.select(call.user, {}):
        if other is not found and key in _used(text_of(other.current, "Manifest")):
            raise Refusal("DependencyViolation", found.id, detail=f"{other.id} uses it")
    call.store.pipelines.remove(found)
    return {}


def create_run(call: Call) -> dict[str, Any]:
    """Create a run, of a pipeline or of a manifest. It runs at once unless NoConfirmRequired is false.

    Source: "true, the default: start at once", the page. Assumption: unknown-workspaces.
    """
    fields = {name: call.parameters[name] for name in _OF_A_RUN if name in call.parameters}
    if "PipelineId" in call.parameters:
        found = pipeline(call)
        fields["PipelineId"] = found.id
        text = text_of(found.current, "Manifest")
        manifest = _read(text, "PipelineId")
    else:
        text = call.parameters["PipelineManifest"]
        manifest = _read(text, "PipelineManifest")
    fields |= {"Manifest": text, "UserId": call.user, "ParentUserId": call.user}
    if "Arguments" in call.parameters:
        fields["Arguments"] = _arguments(call.parameters["Arguments"])
    # Source: "Without one, the service makes a name". Assumption: run-names.
    fields["Name"] = fields.get("Name") or manifest.root.name
    manifest = Manifest(manifest.api_version, _expanded(call.store, manifest.root))
    start_now = call.get("NoConfirmRequired", True)
    return {"PipelineRunId": lifecycle.create(call.store, call.behaviour, manifest, fields, start_now=start_now).id}


def _defined(call: Call, existing: Item | None) -> dict[str, Any]:
    """Return the fields of the pipeline that the request's manifest defines. Assumption: pipeline-keys."""
    text = call.parameters["Manifest"]
    key = dict(zip(_KEY, _read(text, "Manifest").key, strict=True))
    if missing := [name.lower() for name, value in key.items() if not value]:
        raise Refusal("InvalidParameter", "Manifest", detail=f"metadata: {missing[0]} is missing")
    for other in call.store.pipelines.select(call.user, {name: (value,) for name, value in key.items()}):
        if other is not existing:
            raise Refusal("InvalidParameter", "Manifest", detail=f"{other.id} has its provider, identifier and version")
    return {**key, "Uuid": call.behaviour.new_id(""), "Manifest": text}


def _read(text: str, parameter: str) -> Manifest:
    """Return the manifest in a text; a refusal says what is wrong with it. Assumption: own-codes."""
    try:
        return read_manifest(text)
    except ManifestError as error:
        raise Refusal("InvalidParameter", parameter, detail=str(error)) from None


@lru_cache(maxsize=1024)
def _used(text: str) -> frozenset[tuple[str, ...]]:
    """Return provider, identifier and version of the pipelines that a manifest uses."""
    try:
        return frozenset(step.key for step in read_manifest(text).root.all())
    except ManifestError:
        return frozenset()


def _arguments(text: str) -> str:
    """Return the arguments of a run as JSON, which is how replies hold them."""
    try:
        return json.dumps(parsed(text, "the arguments"), ensure_ascii=False)
    except ManifestError as error:
        raise Refusal("InvalidParameter", "Arguments", detail=str(error)) from None


def _expanded(store: Store, step: Step, above: frozenset[tuple[str, ...]] = frozenset()) -> Step:
    """Return a step with the steps of the pipelines that it names, as far as the store has them."""
    steps = step.steps
    if not steps and step.key not in above and all(step.key):
        named = store.pipelines.select("", dict(zip(_KEY, ((part,) for part in step.key), strict=True)))
        with contextlib.suppress(ManifestError):
            steps = read_manifest(text_of(named[0].current, "Manifest")).root.steps if named else ()
    return attrs.evolve(step, steps=tuple(_expanded(store, child, above | {step.key}) for child in steps))
