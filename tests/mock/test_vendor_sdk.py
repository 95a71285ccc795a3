"""The vendor's own SDK takes the mock for the service: sync and async, and finds its refusals where it expects them."""

import time
import warnings
from typing import Any

import pytest
from mock.calls import LASTING, MASKED_NODE, NODE, RUN, SAMPLE, TEMPORARY

from paiflow.credentials import Credentials
from paiflow.mock import HandClock, MockService, serve

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_aiworkspace20210204 import models as aiworkspace
    from alibabacloud_aiworkspace20210204.client import Client as WorkspaceClient
    from alibabacloud_paiflow20210202 import models as paiflow
    from alibabacloud_paiflow20210202.client import Client
    from alibabacloud_paiflow20210202.models import (
        ListPipelineRunsStatusRequest,
        ListPipelineRunsStatusRequestNodes,
    )
    from alibabacloud_tea_openapi.models import Config

# The SDK calls datetime.utcnow, which Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

either_key = pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting", "temporary"])


@pytest.fixture(scope="module")
def endpoint():
    """The SDK has no clock to set, so this service goes by the real one."""
    with serve(MockService([LASTING, TEMPORARY])) as url:
        yield url


def client(endpoint: str, credentials: Credentials, kind: type = Client) -> Any:
    return kind(
        Config(
            endpoint=endpoint.removeprefix("http://"),
            protocol="http",
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token,
        )
    )


def request(*nodes, **parameters):
    listed = [ListPipelineRunsStatusRequestNodes(node["NodeId"], node["PipelineRunId"]) for node in nodes]
    return ListPipelineRunsStatusRequest(nodes=listed or None, **parameters)


@either_key
def test_the_sync_client_gets_the_documented_run(endpoint, credentials):
    reply = client(endpoint, credentials).list_pipeline_runs_status(request(pipeline_runs=[RUN], workspace_id="948"))

    assert 200 == reply.status_code
    assert SAMPLE["PipelineRuns"] == reply.body.to_map()["PipelineRuns"]
    assert reply.body.request_id == reply.headers["x-acs-request-id"]


@either_key
async def test_the_async_client_gets_the_documented_node_and_output(endpoint, credentials):
    asked = request(NODE, MASKED_NODE, output_type="DataSet")

    reply = await client(endpoint, credentials).list_pipeline_runs_status_async(asked)

    assert SAMPLE["Nodes"] == reply.body.to_map()["Nodes"][:1]
    assert SAMPLE["Outputs"] == reply.body.to_map()["Outputs"]


@pytest.mark.parametrize("key", [LASTING, TEMPORARY], ids=["lasting", "temporary"])
def test_with_a_wrong_secret_the_sync_client_is_refused(endpoint, key):
    wrong = Credentials(key.access_key_id, "AnotherSecret", key.security_token)

    with pytest.raises(Exception, match="SignatureDoesNotMatch") as caught:
        client(endpoint, wrong).list_pipeline_runs_status(request(pipeline_runs=[RUN]))

    assert ("SignatureDoesNotMatch", 400) == (caught.value.code, caught.value.status_code)


async def test_with_a_wrong_secret_the_async_client_is_refused(endpoint):
    wrong = Credentials(LASTING.access_key_id, "AnotherSecret")

    with pytest.raises(Exception, match="SignatureDoesNotMatch") as caught:
        await client(endpoint, wrong).list_pipeline_runs_status_async(request(pipeline_runs=[RUN]))

    assert ("SignatureDoesNotMatch", 400) == (caught.value.code, caught.value.status_code)


def test_with_a_wrong_token_it_is_refused(endpoint):
    wrong = Credentials(TEMPORARY.access_key_id, TEMPORARY.access_key_secret, "AnotherToken")

    with pytest.raises(Exception, match=r"InvalidSecurityToken\.MismatchWithAccessKey"):
        client(endpoint, wrong).list_pipeline_runs_status(request(pipeline_runs=[RUN]))


def test_an_empty_request_is_refused(endpoint):
    with pytest.raises(Exception, match=r"PipelineRuns or Nodes is mandatory for this action\.") as caught:
        client(endpoint, LASTING).list_pipeline_runs_status(request())

    assert "MissingParameter" == caught.value.code


MANIFEST = """
metadata: {identifier: nightly, provider: "15", version: v1}
spec:
  pipelines:
  - {metadata: {identifier: read}, spec: {outputs: {artifacts: [{name: table, metadata: {type: {DataSet: {}}}}]}}}
  - {metadata: {identifier: train}, spec: {dependencies: [read]}}
"""


def test_every_operation_of_a_run_s_life_is_called_and_read():
    """What a user of the real service does with the vendor's SDK, on a clock that takes no time."""
    clock = HandClock(time.time())
    with serve(MockService([LASTING], clock=clock)) as url:
        sdk = client(url, LASTING)
        pipeline = paiflow.CreatePipelineRequest(workspace_id="948", manifest=MANIFEST)
        pipeline_id = sdk.create_pipeline(pipeline).body.pipeline_id
        sdk.update_pipeline(pipeline_id, paiflow.UpdatePipelineRequest(manifest=MANIFEST.replace("v1", "v2")))
        fuzzy = paiflow.ListPipelinesRequest(
            pipeline_identifier="night", fuzzy_matching=True, page_number=1, page_size=5
        )
        assert [pipeline_id] == [one.pipeline_id for one in sdk.list_pipelines(fuzzy).body.pipelines]
        assert "v2" == sdk.get_pipeline(pipeline_id).body.version

        run = paiflow.CreatePipelineRunRequest(
            pipeline_id=pipeline_id, workspace_id="948", no_confirm_required=False, name="first", source_type="SDK"
        )
        run_id = sdk.create_pipeline_run(run).body.pipeline_run_id
        sdk.update_pipeline_run(run_id, paiflow.UpdatePipelineRunRequest(name="second"))
        assert "Initialized" == sdk.get_pipeline_run(run_id, paiflow.GetPipelineRunRequest()).body.status
        sdk.start_pipeline_run(run_id)
        details = sdk.get_pipeline_run(run_id, paiflow.GetPipelineRunRequest(verbose=True)).body
        assert ("Running", "second", MANIFEST.replace("v1", "v2")) == (details.status, details.name, details.manifest)
        asked = paiflow.ListPipelineRunsRequest(
            status="Running", pipeline_ids=pipeline_id, sort_by="StartedAt", order="ASC"
        )
        listed = sdk.list_pipeline_runs(asked).body
        assert (1, [run_id]) == (listed.total_count, [one.pipeline_run_id for one in listed.pipeline_runs])

        clock.advance(10)
        root = details.node_id
        statuses = sdk.list_pipeline_run_node_status(
            run_id, root, paiflow.ListPipelineRunNodeStatusRequest(depth=2)
        ).body.status
        assert [(run_id, "Running"), ("read", "Succeeded"), ("train", "Running")] == [
            (node.node_name, node.status) for node in statuses
        ]
        node = sdk.get_pipeline_run_node(run_id, root, paiflow.GetPipelineRunNodeRequest(depth=2, type="Logical")).body
        assert ("Dag", 2) == (node.metadata.node_type, len(node.spec.pipelines))
        asked = paiflow.ListPipelineRunNodeOutputsRequest(depth=2, type="DataSet", page_number=1, page_size=10)
        assert ["table"] == [one.name for one in sdk.list_pipeline_run_node_outputs(run_id, root, asked).body.outputs]
        asked = paiflow.ListPipelineRunNodeLogsRequest(offset=0, page_size=2, keyword="step", reverse=True)
        logs = sdk.list_pipeline_run_node_logs(run_id, statuses[1].node_id, asked).body
        assert (3, 2) == (logs.total_count, len(logs.logs))

        sdk.terminate_pipeline_run(run_id)
        clock.advance(5)
        with pytest.raises(Exception, match="IncorrectStatus"):
            sdk.start_pipeline_run(run_id)
        sdk.rerun_pipeline_run(run_id)
        clock.advance(10)
        assert "Succeeded" == sdk.get_pipeline_run(run_id, paiflow.GetPipelineRunRequest()).body.status
        sdk.delete_pipeline_run(run_id)
        with pytest.raises(Exception, match="PipelineRunNotFound") as caught:
            sdk.get_pipeline_run(run_id, paiflow.GetPipelineRunRequest())
        assert 404 == caught.value.status_code
        batch = paiflow.ListPipelineRunsStatusRequest(pipeline_runs=[run_id])
        assert [True] == [one.is_deleted for one in sdk.list_pipeline_runs_status(batch).body.pipeline_runs]
        sdk.delete_pipeline(pipeline_id)
        with pytest.raises(Exception, match="200200004"):
            sdk.get_pipeline(pipeline_id)


def test_workspaces_are_listed_by_the_sdk_of_their_own_service(endpoint):
    request = aiworkspace.ListWorkspacesRequest(
        workspace_ids="948,123", option="GetWorkspaces", verbose=True, order="DESC"
    )

    body = client(endpoint, LASTING, WorkspaceClient).list_workspaces(request).body

    assert (2, {"948", "123"}) == (body.total_count, {one.workspace_id for one in body.workspaces})
