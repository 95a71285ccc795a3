"""A typed client for Alibaba Cloud PAI's ListPipelineRunsStatus: what pipeline runs and nodes are doing.

Example:
    ```python
    import paiflow

    with paiflow.PaiFlow(region="cn-hangzhou", workspace_id="948") as client:
        reply = client.list_pipeline_runs_status(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"])
        for run in reply.pipeline_runs:
            print(run.name, run.status)
    ```
"""

from paiflow._requests import NodeRef
from paiflow.client import AsyncPaiFlow, PaiFlow
from paiflow.credentials import Credentials
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
)
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

__all__ = [
    "AccessDenied",
    "AsyncPaiFlow",
    "ConfigurationError",
    "Credentials",
    "CredentialsError",
    "InvalidRequest",
    "ListPipelineRunsStatusResponse",
    "Node",
    "NodeRef",
    "NodeStatus",
    "NotFound",
    "Output",
    "OutputMetadata",
    "OutputType",
    "PaiFlow",
    "PaiFlowError",
    "PipelineRun",
    "PipelineRunStatus",
    "ServerFault",
    "ServiceError",
    "Throttled",
    "TransportError",
    "UnexpectedReply",
]
