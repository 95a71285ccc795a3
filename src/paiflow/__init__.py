"""A typed client for Alibaba Cloud PAI's ListPipelineRunsStatus: what pipeline runs and nodes are doing.

The names are loaded when they are first used; type checkers and editors see them in __init__.pyi.

Example:
    ```python
    import paiflow

    with paiflow.PaiFlow(region="cn-hangzhou", workspace_id="948") as client:
        result = client.wait(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"], timeout=3600)
        for run_id, run in result.items():
            print(run_id, run.status, run.outcome)
    ```
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "paiflow.ids": ("NodeRef",),
    "paiflow.batches": ("StatusReport",),
    "paiflow.client": ("AsyncPaiFlow", "PaiFlow"),
    "paiflow.credentials": ("Credentials",),
    "paiflow.drift": ("Finding", "Observation", "observe"),
    "paiflow.errors": (
        "AccessDenied",
        "ConfigurationError",
        "CredentialsError",
        "InvalidRequest",
        "NotFound",
        "PaiFlowError",
        "ServerFault",
        "ServiceError",
        "Throttled",
        "TransportError",
        "UnexpectedReply",
        "WaitError",
        "WaitFailed",
        "WaitTimedOut",
    ),
    "paiflow.retries": ("RetryPolicy",),
    "paiflow.waiting": ("Change", "WaitResult", "Waited", "outcome_of"),
    "paiflow_api.models": (
        "ListPipelineRunsStatusResponse",
        "Node",
        "NodeStatus",
        "Output",
        "OutputMetadata",
        "OutputType",
        "PipelineRun",
        "PipelineRunStatus",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - type checkers read __init__.pyi


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
