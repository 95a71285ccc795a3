"""Which operations each command calls, and so which RAM actions it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from paiflow._text import close_to
from paiflow.errors import ConfigurationError
from paiflow_api.operations import OPERATIONS

if TYPE_CHECKING:
    from typing import Any

    from paiflow_api.calling import Operation

# A command that takes a selection lists runs. Workspaces by name need ListWorkspaces besides: an id needs nothing.
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("ListPipelineRuns",),
    "status": ("ListPipelineRunsStatus",),
    "get": ("GetPipelineRun", "GetPipelineRunNode", "ListPipelineRunNodeLogs"),
    "logs": ("GetPipelineRun", "GetPipelineRunNode", "ListPipelineRunNodeLogs"),
    "outputs": ("GetPipelineRun", "GetPipelineRunNode", "ListPipelineRunNodeOutputs", "ListPipelineRunsStatus"),
    # A wait that ends badly shows the failed nodes and the end of their logs.
    "wait": ("ListPipelineRunsStatus", "GetPipelineRun", "GetPipelineRunNode", "ListPipelineRunNodeLogs"),
    "submit": ("CreatePipelineRun", "ListPipelineRuns", "ListPipelineRunsStatus"),
    "start": ("StartPipelineRun", "ListPipelineRuns"),
    "stop": ("TerminatePipelineRun", "ListPipelineRuns"),
    "rerun": ("RerunPipelineRun", "ListPipelineRuns"),
    "delete": ("DeletePipelineRun", "ListPipelineRuns"),
    "pipelines": ("ListPipelines", "GetPipeline", "CreatePipeline", "UpdatePipeline", "DeletePipeline"),
    "workspaces": ("ListWorkspaces",),
    "doctor": tuple(name for name, operation in OPERATIONS.items() if operation.repeatable),
}


def operations_of(name: str) -> list[Operation[Any]]:
    """Return the operations that a name means: of a command, of the service or of the client's method.

    Raises:
        ConfigurationError: it means none.
    """
    if name in COMMANDS:
        return [OPERATIONS[one] for one in COMMANDS[name]]
    folded = {_folded(one): operation for one, operation in OPERATIONS.items()}
    if found := folded.get(_folded(name)):
        return [found]
    near = close_to(name, [*COMMANDS, *OPERATIONS])
    raise ConfigurationError(
        f"there is no command or operation {name!r:.80} that needs a permission{near or '; commands are: ' + ', '.join(COMMANDS)}"
    )


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
