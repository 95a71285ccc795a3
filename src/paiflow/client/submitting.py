"""Create a run, and at most one run for a key.

The service has no client token: a create that is repeated makes a second run. So the key goes into SourceId, with
SourceType SDK, and the runs with that SourceId are listed before creating, and again when it is unclear whether a
create was done.

Not promised: two submitters at the same instant may both create. A run that is not visible to this account (private,
of somebody else) is not found.

Source: CreatePipelineRun, ListPipelineRuns (SourceId, SourceType). NoConfirmRequired is true by default: start at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from paiflow.client.paging import items
from paiflow.errors import InvalidRequest, PaiFlowError, UnexpectedReply
from paiflow.status.ids import BATCH_SIZE
from paiflow.steps import Pause, Steps, collected, one
from paiflow_api.calling import Call
from paiflow_api.operations import CREATE_PIPELINE_RUN, LIST_PIPELINE_RUNS, LIST_PIPELINE_RUNS_STATUS

OPERATION: Final = CREATE_PIPELINE_RUN.name
SOURCE_TYPE: Final = "SDK"
# Seconds before each look after an unclear failure: a run that was created may be listed a little later.
LOOKS: Final = (0.0, 1.0, 3.0)


class Arguments(TypedDict, total=False):
    """The arguments of `submit` apart from start and once: those of create_pipeline_run, some in more forms.

    Attributes:
        arguments: text, or a mapping from names to values.
        pipeline_manifest: text, or what JSON can hold.
        options: likewise.
    """

    workspace_id: str | int | None
    pipeline_id: str | None
    pipeline_manifest: str | Mapping[str, Any] | None
    arguments: str | Mapping[str, Any] | None
    name: str | None
    options: str | Mapping[str, Any] | None
    accessibility: str | None
    source_id: str | None
    source_type: str | None


def submit(arguments: Mapping[str, Any], *, start: bool, once: str | None) -> Steps[Any, str]:
    """Create a run and return its id.

    Args:
        arguments: those of create_pipeline_run.
        start: whether the run starts at once; else it stays Initialized until it is started.
        once: the key; None to create in any case.

    Raises:
        InvalidRequest: an argument, or two runs have the key already.
        PaiFlowError: as create_pipeline_run. With `maybe_done`, the run may exist though it was not found.
    """
    if arguments.get("no_confirm_required") is not None:
        raise _refused("give start, not no_confirm_required, which says the same")
    sent = {
        **arguments,
        "pipeline_manifest": as_text(arguments.get("pipeline_manifest")),
        "arguments": run_arguments(arguments.get("arguments")),
        "options": as_text(arguments.get("options")),
        "no_confirm_required": start,
    }
    if once is None:
        return _id((yield from one(Call(CREATE_PIPELINE_RUN, sent))))
    _check_key(once, arguments)
    workspace = arguments.get("workspace_id")
    if (found := _only(once, (yield from _existing(once, workspace)))) is not None:
        return found
    try:
        return _id((yield from one(Call(CREATE_PIPELINE_RUN, {**sent, "source_id": once, "source_type": SOURCE_TYPE}))))
    except PaiFlowError as error:
        if not error.maybe_done:
            raise
        for seconds in LOOKS:
            yield Pause(seconds)
            try:
                ids = yield from _existing(once, workspace)
            except PaiFlowError:
                continue
            if (found := _only(once, ids)) is not None:
                return found
        raise


def run_arguments(value: object) -> str | None:
    """Return the text of Arguments: a text as it is; a mapping of names to values in the documented form.

    Source: the example of Arguments in CreatePipelineRun; JSON is YAML.
    """
    if not isinstance(value, Mapping):
        return as_text(value)
    parameters = [{"name": name, "value": item} for name, item in value.items()]
    return as_text({"arguments": {"parameters": parameters}})


def as_text(value: object) -> str | None:
    """Return a text as it is, anything else that JSON can hold as JSON; None stays None.

    Raises:
        InvalidRequest: JSON cannot hold it.
    """
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        message = f"a manifest, arguments and options are text or what JSON can hold, not {type(value).__name__}"
        raise _refused(message) from None


def _check_key(once: object, arguments: Mapping[str, Any]) -> None:
    if not isinstance(once, str) or not once.strip() or once != once.strip():
        raise _refused(f"once must be a text without spaces around it, not {once!r:.60}")
    for name in ("source_id", "source_type"):
        if arguments.get(name) is not None:
            raise _refused(f"give once or {name}, not both: the key of once is sent as the run's source")


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(OPERATION, code="InvalidParameter", message=message)


def _existing(once: str, workspace_id: str | None) -> Steps[Any, list[str]]:
    """Return the ids of the runs with this key that were not deleted."""
    filters = {"source_id": once, "source_type": SOURCE_TYPE, "workspace_id": workspace_id}
    listed = yield from collected(items(Call(LIST_PIPELINE_RUNS, filters), limit=None))
    ids = [run.pipeline_run_id for run in listed if run.source_id == once and run.pipeline_run_id]
    deleted: set[str] = set()
    for first in range(0, len(ids), BATCH_SIZE):
        arguments = {"pipeline_runs": ids[first : first + BATCH_SIZE], "workspace_id": workspace_id}
        reply = yield from one(Call(LIST_PIPELINE_RUNS_STATUS, arguments))
        deleted.update(run.pipeline_run_id or "" for run in reply.pipeline_runs if run.is_deleted)
    return [id_ for id_ in ids if id_ not in deleted]


def _only(once: str, ids: list[str]) -> str | None:
    """Return the one id, None if there is none.

    Raises:
        InvalidRequest: there are more.
    """
    if len(ids) > 1:
        raise _refused(f"once={once!r:.100}: {len(ids)} runs have this key: {', '.join(ids[:5])}; delete all but one")
    return ids[0] if ids else None


def _id(reply: Any) -> str:
    if not reply.pipeline_run_id:
        error = UnexpectedReply(OPERATION, 200, "", reply.request_id, "it has no PipelineRunId")
        error.maybe_done = True
        raise error
    return str(reply.pipeline_run_id)
