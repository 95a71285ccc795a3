"""Judge a service by the effective description: property-based contract tests against our mock or any endpoint.

Credentials come from the environment, as for the client. With an endpoint given, PAIFLOW_CONTRACT_RUNS (ids, separated
by commas) and PAIFLOW_WORKSPACE_ID name what is known to exist there; our mock is started, with its own, if none is.
Exit status: 0 conforms, 1 does not, 2 usage or it could not run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from paiflow import PaiFlowError, _yaml, overlays
from paiflow.credentials import KEY_ID, KEY_SECRET, TOKEN, Credentials, from_environment
from paiflow.endpoint import is_loopback, resolve_endpoint
from paiflow.mock import MockService, serve
from tooling.generation import ROOT, effective_description

FOLDER = ROOT / "tests" / "contract"
RUNS = "PAIFLOW_CONTRACT_RUNS"
WORKSPACE = "PAIFLOW_WORKSPACE_ID"

# What our mock knows, wherever it was started: the run of the vendor's sample.
DOCUMENTED = {RUNS: "flow-hynm2bv8wqhp5esfxq", WORKSPACE: "948"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="scripts/contract", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--endpoint", metavar="URL", help="the service to judge; our mock, started here, by default")
    parser.add_argument("--examples", metavar="N", type=positive, default=100, help="cases to make up (default 100)")
    options = parser.parse_args(arguments)
    try:
        with target(options.endpoint) as (endpoint, environment):
            return run_schemathesis(endpoint, environment, options.examples)
    except (PaiFlowError, overlays.OverlayError, OSError) as error:
        print(f"scripts/contract: {error}", file=sys.stderr)
        return 2


def positive(text: str) -> int:
    """Return a whole number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


@contextlib.contextmanager
def target(endpoint: str | None) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the endpoint to judge, and the environment that names credentials and ids for it.

    Raises:
        PaiFlowError: the endpoint will not do, or there are no credentials for it.
    """
    if endpoint is None:
        service = MockService()
        with serve(service) as started:
            yield started, {**os.environ, **DOCUMENTED, **as_environment(service.credentials)}
        return
    endpoint = resolve_endpoint(endpoint, None, vpc=False, allow_http=False, environ={})
    known = DOCUMENTED if is_loopback(endpoint) else {}
    yield endpoint, {**known, **os.environ, **as_environment(from_environment(os.environ))}


def as_environment(credentials: Credentials) -> dict[str, str]:
    """Return the variables that stand for credentials."""
    return {
        KEY_ID: credentials.access_key_id,
        KEY_SECRET: credentials.access_key_secret,
        TOKEN: credentials.security_token or "",
    }


def run_schemathesis(endpoint: str, environment: Mapping[str, str], examples: int) -> int:
    """Run all phases against an endpoint and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder, "openapi.yaml")
        description.write_text(_yaml.dump(contract_description(environment, strict=is_loopback(endpoint))))
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(FOLDER / "schemathesis.toml"), "run"),
            *(str(description), "--url", endpoint, "--max-examples", str(examples), "--continue-on-failure"),
        ]
        settings = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(FOLDER), "NO_PROXY": "*"}
        finished = subprocess.run(command, env={**environment, **settings}, check=False, cwd=folder)
    return finished.returncode if finished.returncode in (0, 1) else 2


def contract_description(environment: Mapping[str, str], *, strict: bool) -> dict[str, Any]:
    """Return the effective description, with a request for what is known to exist among its examples.

    Args:
        environment: names the runs and their workspace.
        strict: judge replies as those of our own mock, which sends what is described and no more.

    Raises:
        PaiFlowError: no run is named.
    """
    request: dict[str, Any] = {"PipelineRuns": [run for run in environment.get(RUNS, "").split(",") if run]}
    if not request["PipelineRuns"]:
        raise PaiFlowError(f"set {RUNS} to the ids of runs that exist there, separated by commas")
    if environment.get(WORKSPACE):
        request["WorkspaceId"] = environment[WORKSPACE]
    action = {
        "target": "$.paths['/api/v1/pipelineruns'].put.requestBody.content['application/json']",
        "update": {"examples": {"known": {"summary": "Runs that exist", "value": request}}},
    }
    known = {"overlay": "1.1.0", "info": {"title": "What exists", "version": "1.0.0"}, "actions": [action]}
    closed = [overlays.load(FOLDER / "closed-objects.yaml")] if strict else []
    description: dict[str, Any] = overlays.apply(effective_description(), *closed, known)
    return description


if __name__ == "__main__":
    sys.exit(main())
