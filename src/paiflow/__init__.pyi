# What type checkers and editors see of __init__.py, which loads these names when they are first used.

from paiflow._durations import Duration
from paiflow._time import Time
from paiflow.client.clients import AsyncPaiFlow, PaiFlow
from paiflow.client.exchange import Response
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
from paiflow.manifests import ManifestProblem, check_manifest
from paiflow.outputs import Location, location_of
from paiflow.retries import RetryPolicy
from paiflow.status.batches import Found, StatusReport
from paiflow.status.ids import Id, NodeRef
from paiflow.status.poller import Poller
from paiflow.status.waiting import Change, Outcome, Until, Waited, WaitResult, outcome_of
from paiflow_api import models as _models
from paiflow_api.models import *  # noqa: F403 - its __all__ is part of ours

__version__: str

__all__ = [
    "AccessDenied",
    "AsyncPaiFlow",
    "Change",
    "ConfigurationError",
    "Credentials",
    "CredentialsError",
    "Duration",
    "Finding",
    "Found",
    "Id",
    "InvalidRequest",
    "Location",
    "ManifestProblem",
    "NodeRef",
    "NotFound",
    "Observation",
    "Outcome",
    "PaiFlow",
    "PaiFlowError",
    "Poller",
    "Response",
    "RetryPolicy",
    "ServerFault",
    "ServiceError",
    "StatusReport",
    "Throttled",
    "Time",
    "TransportError",
    "UnexpectedReply",
    "Until",
    "WaitError",
    "WaitFailed",
    "WaitResult",
    "WaitTimedOut",
    "Waited",
    "check_manifest",
    "location_of",
    "observe",
    "outcome_of",
]
__all__ += _models.__all__
