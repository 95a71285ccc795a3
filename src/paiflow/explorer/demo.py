"""A mock to explore: no account is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from paiflow import PaiFlow
from paiflow.credentials import Credentials
from paiflow.mock import MockService, MockTransport
from paiflow.mock import serve as serve_mock

WORKSPACE = "948"
MANIFEST = """\
apiVersion: core/v1
metadata: {identifier: nightly, provider: "15", version: v1}
spec:
  pipelines:
  - {metadata: {identifier: read}, spec: {outputs: {artifacts: [{name: table, metadata: {type: {DataSet: {}}}}]}}}
  - {metadata: {identifier: train}, spec: {dependencies: [read]}}
"""


@attrs.frozen
class Demo:
    """A mock that is served.

    Attributes:
        endpoint: where.
        credentials: what to sign with.
        workspace_id: where its things are.
        known: what exists, for the page to fill in, by the parameters' wire names.
    """

    endpoint: str
    credentials: Credentials
    workspace_id: str
    known: Mapping[str, Any]


@contextmanager
def demo() -> Iterator[Demo]:
    """Serve a mock with the documented samples, a pipeline, and a run of it that has just begun."""
    service = MockService()
    transport = MockTransport(service)
    with PaiFlow(endpoint="http://127.0.0.1", credentials=service.credentials, transport=transport) as client:
        pipeline_id = client.create_pipeline(workspace_id=WORKSPACE, manifest=MANIFEST).pipeline_id
        run_id = client.submit(pipeline_id=pipeline_id, workspace_id=WORKSPACE, name="nightly")
        root = client.get_pipeline_run(run_id).node_id
        nodes = client.list_pipeline_run_node_status(run_id, str(root), depth=2).status
    known = {
        "PipelineId": pipeline_id,
        "PipelineRunId": run_id,
        "NodeId": nodes[1].node_id,
        "Manifest": MANIFEST.replace("v1", "v2"),  # there may be one of a version
    }
    with serve_mock(service) as endpoint:
        yield Demo(endpoint, service.credentials, WORKSPACE, known)
