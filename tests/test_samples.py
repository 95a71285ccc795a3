"""Each sample, run as it is copied, makes its call; and it holds no secret."""

import json
from urllib.parse import parse_qsl, unquote

import pytest
from samples_run import SECRET, arguments_of, run_curl, run_python

from paiflow.client.preparing import prepare
from paiflow.credentials import Credentials
from paiflow.errors import ConfigurationError, InvalidRequest
from paiflow.mock import MockService, Reply, Request, serve
from paiflow.samples import KINDS, Site, sample, site_of
from paiflow_api.calling import Call
from paiflow_api.operations import OPERATIONS

LASTING = Credentials("ExampleKeyId", "ExampleSecret")
TEMPORARY = Credentials("STS.ExampleKeyId", "ExampleStsSecret", "Example+Sts/Token==")
ENVIRONMENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": TEMPORARY.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": TEMPORARY.access_key_secret,
    "ALIBABA_CLOUD_SECURITY_TOKEN": TEMPORARY.security_token,
    "PAIFLOW_TOKEN_ID": SECRET,
}


class Served:
    """A mock, and what came to it."""

    def __init__(self, endpoint, exchanges):
        self.exchanges = exchanges
        self.site = site_of(endpoint=endpoint, credentials=lambda: TEMPORARY)

    def exchange(self):
        """Return what came since the last time: one request, and its reply's code."""
        [(request, reply)] = self.exchanges
        self.exchanges.clear()
        return request, json.loads(reply.body or b"{}").get("Code")


@pytest.fixture(scope="module")
def served():
    exchanges: list[tuple[Request, Reply]] = []
    service = MockService([LASTING, TEMPORARY], on_reply=lambda request, reply, *_: exchanges.append((request, reply)))
    with serve(service) as endpoint:
        yield Served(endpoint, exchanges)


def said(method, path, query, body):
    """Return what a request says; the vendor's SDK writes a boolean in the query as Python does."""
    pairs = sorted((name, {"True": "true"}.get(value, value)) for name, value in parse_qsl(query, True))
    return method, [unquote(segment) for segment in path.split("/")], pairs, json.loads(body) if body else None


def due(operation, arguments):
    prepared = prepare(Call(operation, arguments), {})
    path, _, query = prepared.target.partition("?")
    return said(operation.method, path, query, prepared.body)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "proxy"])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_sample_makes_its_call(served, kind, operation):
    arguments = arguments_of(operation)
    code = sample(kind, operation, arguments, served.site)
    (run_curl if kind == "curl" else run_python)(code, ENVIRONMENT)

    request, fault = served.exchange()
    assert due(operation, arguments) == said(
        request.method, request.path.decode(), request.query.decode(), request.body
    )
    assert operation.name == dict(request.headers)["x-acs-action"]
    assert fault is None or fault.endswith(("NotFound", "Parameter", "Manifest", "200200004")), fault


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "proxy"])
def test_a_sample_prints_the_reply(served, kind):
    code = sample(kind, "ListPipelineRunsStatus", {"pipeline_runs": ["flow-hynm2bv8wqhp5esfxq"]}, served.site)

    printed = run_curl(code, ENVIRONMENT).text if kind == "curl" else run_python(code, ENVIRONMENT)

    served.exchange()
    assert "node-98odqfpcjzwdf3caq3" in printed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_sample_holds_no_secret_and_nothing_that_does_not_print(served, kind, operation):
    code = sample(kind, operation, arguments_of(operation), served.site)

    assert code.replace("\n", "").isprintable()
    for secret in (*ENVIRONMENT.values(), "share&", "share%26"):
        assert secret not in code
    assert ("PAIFLOW_TOKEN_ID" in code) == any(parameter.secret for parameter in operation.parameters)


def test_a_signed_curl_is_taken_once(served):
    code = sample("curl", "ListPipelines", {}, served.site)

    assert [200, 400] == [run_curl(code, ENVIRONMENT).status_code for _ in range(2)]
    assert "SignatureNonceUsed" == json.loads(served.exchanges.pop()[1].body)["Code"]
    served.exchanges.clear()


def test_a_signed_curl_of_lasting_credentials_needs_no_token(served):
    site = Site(served.site.endpoint_of, lambda: LASTING)
    environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": LASTING.access_key_id}

    assert 200 == run_curl(sample("curl", "ListWorkspaces", {}, site), environ).status_code
    served.exchanges.clear()


def test_a_signed_curl_says_until_when_it_works():
    site = site_of("cn-hangzhou", credentials=lambda: LASTING, clock=lambda: 1_757_925_000.0)

    code = sample("curl", "ListPipelines", {}, site)

    assert "# Works once, until 2025-09-15T08:45:00Z." in code
    assert '-H "accept: application/json"' in code  # else the service may answer in XML


REGION = {"region": "cn-hangzhou"}
LOOPBACK = {"endpoint": "http://[::1]:8080"}


@pytest.mark.parametrize(
    ("kind", "operation", "where", "expected"),
    [
        ("python", "GetPipelineRun", REGION, 'with PaiFlow(region="cn-hangzhou") as client:'),
        ("async", "ListWorkspaces", REGION, 'async with AsyncPaiFlow(region="cn-hangzhou") as client:'),
        ("python", "ListWorkspaces", LOOPBACK, 'with PaiFlow(endpoint="http://[::1]:8080") as client:'),
        (
            "python",
            "GetPipelineRun",
            {"endpoint": "paiflow-vpc.cn-beijing.aliyuncs.com"},
            'with PaiFlow(region="cn-beijing", vpc=True) as client:',
        ),
        (
            "python",
            "ListWorkspaces",
            {**LOOPBACK, "environ": {"AIWORKSPACE_ENDPOINT": "https://example.com"}},
            'PaiFlow(endpoint="http://[::1]:8080", aiworkspace_endpoint="https://example.com")',
        ),
        (
            "python",
            "GetPipelineRun",
            {"endpoint": "http://example.com"},
            'PaiFlow(endpoint="http://example.com", allow_http=True)',
        ),
        ("vendor", "ListWorkspaces", REGION, 'endpoint="aiworkspace.cn-hangzhou.aliyuncs.com",\n'),
        ("vendor", "GetPipelineRun", LOOPBACK, 'endpoint="[::1]:8080",\n        protocol="http",'),
        ("curl", "ListWorkspaces", REGION, "curl https://aiworkspace.cn-hangzhou.aliyuncs.com/api/v1/workspaces"),
        ("curl", "ListWorkspaces", LOOPBACK, "curl --globoff 'http://[::1]:8080/api/v1/workspaces'"),
    ],
)
def test_a_sample_goes_where_the_site_says(kind, operation, where, expected):
    arguments = {} if operation == "ListWorkspaces" else {"pipeline_run_id": "flow-a"}

    assert expected in sample(kind, operation, arguments, site_of(**where, credentials=lambda: LASTING))


@pytest.mark.parametrize(
    ("kind", "operation", "arguments", "kind_of_error", "words"),
    [
        ("pyhton", "ListPipelines", {}, ConfigurationError, r"there is no sample 'pyhton'; did you mean python\?"),
        ("curl", "ListPipelines", {}, ConfigurationError, "a signed curl needs credentials"),
        ("python", "ListPipeline", {}, InvalidRequest, r"did you mean ListPipelines\?"),
        ("vendor", "GetPipeline", {}, InvalidRequest, "pipeline_id is missing"),
    ],
)
def test_what_cannot_be_written_is_said(kind, operation, arguments, kind_of_error, words):
    with pytest.raises(kind_of_error, match=words):
        sample(kind, operation, arguments)
