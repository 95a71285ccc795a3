"""A typed client for PAIFlow, the service of Alibaba Cloud PAI that runs machine-learning pipelines.

The names are loaded when they are first used; type checkers and editors see them in __init__.pyi. All models of replies
are among them.

Example:
    ```python
    import paiflow

    with paiflow.PaiFlow(region="cn-hangzhou", workspace_id="948") as client:
        result = client.wait(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"], timeout=3600)
        for run_id, run in result.items():
            print(run_id, run.status, run.outcome)
    ```
"""

_HOMES = {
    "paiflow._durations": ("Duration",),
    "paiflow._time": ("Time",),
    "paiflow.status.ids": ("Id", "NodeRef"),
    "paiflow.client.exchange": ("Response",),
    "paiflow.status.batches": ("Found", "StatusReport"),
    "paiflow.client.clients": ("AsyncPaiFlow", "PaiFlow"),
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
    "paiflow.manifests": ("ManifestProblem", "check_manifest"),
    "paiflow.outputs": ("Location", "location_of"),
    "paiflow.retries": ("RetryPolicy",),
    "paiflow.status.poller": ("Poller",),
    "paiflow.status.waiting": ("Change", "Outcome", "Until", "WaitResult", "Waited", "outcome_of"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

# Imports stand in the functions, and __all__ is made on demand: so dir() and `import *` hold our own names only.
# A name that needs an extra is listed if that is installed; without it, asking for the name says what to install.


def __getattr__(name: str) -> object:
    if name == "__all__":
        return _available()
    if name == "__version__":
        value: object = _version()
    elif name in _HOME:
        from importlib import import_module  # noqa: PLC0415 - would be a name of ours

        value = getattr(import_module(_HOME[name]), name)
    elif name in _models():
        from paiflow_api import models  # noqa: PLC0415 - as above

        value = getattr(models, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_available(), "__all__", "__version__"})


def _available() -> list[str]:
    """Return the public names, without those whose extra is not installed."""
    from paiflow._distribution import installed  # noqa: PLC0415 - as above

    ours = [name for name, home in _HOME.items() if home != "paiflow.drift" or installed("drift")]
    return sorted([*ours, *_models()])


def _models() -> tuple[str, ...]:
    """Return the names of the models, of which none is loaded by that; none while they are not generated yet."""
    try:
        from paiflow_api import models  # noqa: PLC0415 - as above
    except ImportError:
        return ()
    return models.__all__


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as above

    from paiflow._distribution import NAME  # noqa: PLC0415 - as above

    try:
        return version(NAME)
    except PackageNotFoundError:
        raise AttributeError(f"paiflow.__version__ needs an installed {NAME}: pip install .") from None
