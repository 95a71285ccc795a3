"""All nineteen operations send what the vendor's own SDK sends for the same arguments."""

import json
import re
import warnings
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import Raw, WireServer

import paiflow
from paiflow_api.calling import Operation, Parameter
from paiflow_api.operations import OPERATIONS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import alibabacloud_aiworkspace20210204.client
    import alibabacloud_aiworkspace20210204.models
    import alibabacloud_paiflow20210202.client
    import alibabacloud_paiflow20210202.models
    from alibabacloud_tea_openapi.models import Config

SDKS = {"PAIFlow": alibabacloud_paiflow20210202, "AIWorkSpace": alibabacloud_aiworkspace20210204}


class Difference(NamedTuple):
    """What differs on purpose, and why. Each is shown by a request, so that a line which is not true any more is found."""

    part: str
    reason: str
    operation: str
    arguments: dict[str, Any]
    theirs: str
    ours: str


ON_PURPOSE = {
    "a space in the query": Difference(
        "query",
        "%20 is what is signed; '+' is a space only to those who read a query as a form",
        "ListPipelineRuns",
        {"Name": "a b"},
        "Name=a+b",
        "Name=a%20b",
    ),
    "a boolean in the query": Difference(
        "query",
        "theirs is Python's; ours is that of the vendor's examples, and of its SDKs for other languages",
        "GetPipelineRun",
        {"PipelineRunId": "flow-1", "Verbose": True},
        "Verbose=True",
        "Verbose=true",
    ),
    "the order of the query": Difference(
        "query",
        "theirs is the alphabet's, ours the description's; it has no meaning, and is signed sorted",
        "ListPipelineRuns",
        {"SourceId": "b", "Name": "a"},
        "Name=a&SourceId=b",
        "SourceId=b&Name=a",
    ),
    "the order of the body": Difference(
        "body",
        "likewise: the body is an object",
        "CreatePipeline",
        {"WorkspaceId": "1", "Manifest": "m"},
        "Manifest WorkspaceId",
        "WorkspaceId Manifest",
    ),
    "the content type": Difference(
        "content type",
        "JSON has no parameter charset",
        "CreatePipeline",
        {"WorkspaceId": "1", "Manifest": "m"},
        "application/json; charset=utf-8",
        "application/json",
    ),
}

YAML = "apiVersion: core/v1\nmetadata:\n  name: 'a'  # b\n\ttab: \"x\"\r\n"
TEXTS = [
    "a b",
    "a/b",
    "100%",
    "%2F",
    "a+b=c&d?e#f",
    "'\"\\",
    "名前 龙",
    "~*!()",
    ".a",
    "..a",
    "{}",
    "\x7f",
    YAML,
    "None",
    "true",
]
texts = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
# Ids in lists are refused if they hold what no id can.
ids = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=",/"), min_size=1, max_size=12
) | (st.sampled_from(["flow-hynm2bv8wqhp5esfxq", "日本", "a%2Fb", "a+b"]))


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Return the strategy of what an argument may be, so that both clients take it."""
    lowest = 0 if parameter.minimum is None else int(parameter.minimum)
    match parameter.kind:
        case "text" if parameter.id:
            return ids
        case "text" if parameter.place == "path":
            return texts.filter(lambda text: text not in (".", ".."))
        case "text":
            return texts if parameter.required or parameter.non_empty else texts | st.just("")
        case "comma-list":
            return texts | st.just("") | st.lists(ids, min_size=1, max_size=3)
        case "enum":
            return st.sampled_from(parameter.values)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(lowest, 2**31)
        case "texts":
            return st.lists(ids, min_size=1, max_size=3)
        case "objects":
            return st.lists(st.tuples(*[values(field) for field in parameter.fields]), min_size=1, max_size=3)
    raise AssertionError(parameter)


def arguments(operation: Operation[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return the strategy of the arguments of a call, by their wire names."""
    given_: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for parameter in operation.parameters:
        (given_ if parameter.required else optional)[parameter.name] = values(parameter)
    either = operation.one_of or (operation.any_of if operation.exclusive else ())
    alternatives = {name: optional.pop(name) for name in either}
    fixed = st.fixed_dictionaries(given_, optional=optional)
    if not alternatives:
        return fixed
    one = st.sampled_from(sorted(alternatives)).flatmap(lambda name: st.fixed_dictionaries({name: alternatives[name]}))
    return st.tuples(fixed, one).map(lambda both: both[0] | both[1])


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Ends(NamedTuple):
    """Both clients, and what they send to."""

    server: WireServer
    ours: paiflow.PaiFlow
    theirs: dict[str, Any]

    def sent(self) -> Raw:
        """Return what came since the last time: one request."""
        [request] = self.server.requests
        self.server.requests.clear()
        return request


@pytest.fixture(scope="module")
def ends():
    """Both clients, each with a connection of its own."""
    with WireServer() as server:
        host = server.endpoint.removeprefix("http://")
        config = {"endpoint": host, "protocol": "http", "access_key_id": "key", "access_key_secret": "secret"}
        theirs = {product: sdk.client.Client(Config(**config)) for product, sdk in SDKS.items()}
        credentials = paiflow.Credentials("key", "secret")
        with paiflow.PaiFlow(endpoint=server.endpoint, credentials=credentials, retries=0) as ours:
            yield Ends(server, ours, theirs)


def by_ours(client: paiflow.PaiFlow, operation: Operation[Any], given_: dict[str, Any]) -> None:
    """Call the method of an operation."""
    names = {parameter.name: parameter.argument for parameter in operation.parameters}
    getattr(client, snake(operation.name))(**{names[name]: value for name, value in given_.items()})


def by_theirs(clients: dict[str, Any], operation: Operation[Any], given_: dict[str, Any]) -> None:
    """Call the vendor's method, with its request object where the operation has one."""
    models = SDKS[operation.product].models
    in_path = [given_[parameter.name] for parameter in operation.parameters if parameter.place == "path"]
    rest = {}
    for name, value in given_.items():
        parameter = operation.parameter(name)
        if parameter.place != "path":
            joined = parameter.kind == "comma-list" and isinstance(value, list)
            rest[snake(name)] = ",".join(value) if joined else value
    if "nodes" in rest:
        names = [snake(field.name) for field in operation.parameter("Nodes").fields]
        kind = models.ListPipelineRunsStatusRequestNodes
        rest["nodes"] = [kind(**dict(zip(names, node, strict=True))) for node in rest["nodes"]]
    kind = getattr(models, f"{operation.name}Request", None)
    request = [] if kind is None else [kind(**rest)]
    getattr(clients[operation.product], snake(operation.name))(*in_path, *request)


def normal(request: Raw, operation: Operation[Any]) -> tuple[Any, ...]:
    """Return what a request says, without what differs on purpose."""
    path, _, query = request.target.partition("?")
    booleans = {parameter.name for parameter in operation.parameters if parameter.kind == "boolean"}
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    return (
        request.method,
        [unquote(segment) for segment in path.split("/")],
        sorted((name, value.lower() if name in booleans else value) for name, value in pairs),
        json.loads(request.body) if request.body else None,
        request.headers.get("content-type", "").partition(";")[0],
        request.headers["x-acs-action"],
        request.headers["x-acs-version"],
    )


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_same_arguments_are_the_same_request(ends, operation):
    @settings(max_examples=settings.default.max_examples // 3)
    @given(arguments(operation))
    def check(given_: dict[str, Any]) -> None:
        by_theirs(ends.theirs, operation, given_)
        theirs = ends.sent()
        by_ours(ends.ours, operation, given_)
        ours = ends.sent()

        assert normal(theirs, operation) == normal(ours, operation)
        assert theirs.target.partition("?")[0] == ours.target.partition("?")[0]

    check()


def said(request: Raw) -> dict[str, str]:
    """Return the parts of a request by which the clients differ; of the body, the names in their order."""
    return {
        "query": request.target.partition("?")[2],
        "body": " ".join(json.loads(request.body or b"{}")),
        "content type": request.headers.get("content-type", ""),
    }


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_what_differs_on_purpose_differs(ends, name):
    difference = ON_PURPOSE[name]
    operation = OPERATIONS[difference.operation]
    by_theirs(ends.theirs, operation, difference.arguments)
    theirs = ends.sent()
    by_ours(ends.ours, operation, difference.arguments)
    ours = ends.sent()

    assert (difference.theirs, difference.ours) == (said(theirs)[difference.part], said(ours)[difference.part])
