"""The vendor's own SDK takes the mock for the service: sync and async, and finds its refusals where it expects them."""

import warnings

import pytest
from mock.calls import LASTING, MASKED_NODE, NODE, RUN, SAMPLE, TEMPORARY

from paiflow.credentials import Credentials
from paiflow.mock import MockService, serve

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
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


def client(endpoint: str, credentials: Credentials) -> Client:
    return Client(
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

    assert SAMPLE["Nodes"] == reply.body.to_map()["Nodes"]
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
