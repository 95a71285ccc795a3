# What type checkers and editors see of __init__.py, which loads these names when they are first used.

from paiflow.ids import NodeRef
from paiflow.batches import StatusReport
from paiflow.client import AsyncPaiFlow, PaiFlow
from paiflow.credentials import Credentials
from paiflow.drift import Finding, Observation, observe
from paiflow.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsError,
    InvalidRequest,
    NotFound,
    PaiFlowError,
    ServerFault,
    ServiceError,
    Throttled,
    TransportError,
    UnexpectedReply,
    WaitError,
    WaitFailed,
    WaitTimedOut,
)
from paiflow.retries import RetryPolicy
from paiflow.waiting import Change, Waited, WaitResult, outcome_of
from paiflow_api.models import (
    ListPipelineRunsStatusResponse,
    Node,
    NodeStatus,
    Output,
    OutputMetadata,
    OutputType,
    PipelineRun,
    PipelineRunStatus,
)

__version__: str

__all__ = [
    "AccessDenied",
    "AsyncPaiFlow",
    "Change",
    "ConfigurationError",
    "Credentials",
    "CredentialsError",
    "Finding",
    "InvalidRequest",
    "ListPipelineRunsStatusResponse",
    "Node",
    "NodeRef",
    "NodeStatus",
    "NotFound",
    "Observation",
    "Output",
    "OutputMetadata",
    "OutputType",
    "PaiFlow",
    "PaiFlowError",
    "PipelineRun",
    "PipelineRunStatus",
    "RetryPolicy",
    "ServerFault",
    "ServiceError",
    "StatusReport",
    "Throttled",
    "TransportError",
    "UnexpectedReply",
    "WaitError",
    "WaitFailed",
    "WaitResult",
    "WaitTimedOut",
    "Waited",
    "observe",
    "outcome_of",
]
