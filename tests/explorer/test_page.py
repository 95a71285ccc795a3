"""The page as it is served: its files, the description that it shows, and the code for what is in its form."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from explorer.raw import ask
from samples_run import arguments_of, run_curl

from paiflow import AsyncPaiFlow, explorer
from paiflow.client.preparing import prepare
from paiflow.credentials import Credentials
from paiflow.explorer import Settings, page, serve
from paiflow.samples import KINDS, sample, site_of
from paiflow.samples.shell import ADDRESS, PROXY_TOKEN
from paiflow_api.calling import Call
from paiflow_api.operations import OPERATIONS

STATIC = Path(page.__file__).with_name("static")
FILES = ["/", "/page/explorer.js", "/page/explorer.css", "/page/swagger-ui.css", "/page/swagger-ui-bundle.js"]
KEYS = Credentials("ExampleKeyId", "ExampleSecret")


@pytest.fixture(scope="module")
def running():
    sent = []

    async def answer(request):
        sent.append(request)
        return httpx.Response(200, json={"RequestId": "R"})

    client = AsyncPaiFlow("cn-hangzhou", credentials=KEYS, workspace_id=948, transport=httpx.MockTransport(answer))
    with serve(client, Settings(allow_writes=True)) as address:
        yield address, sent


@pytest.fixture
def address(running):
    return running[0]


@pytest.fixture(scope="module")
def description(running):
    return json.loads(ask(running[0], target="/-/description").body)


@pytest.mark.parametrize("target", FILES)
def test_a_file_of_the_page_is_there_without_the_token_but_for_no_other_site(address, target):
    reply = ask(address, target=target, x_paiflow_token=None, sec_fetch_site="none")

    assert 200 == reply.status
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    assert ("'none'", "'self'", "'self'") == tuple(
        policy[name] for name in ("default-src", "script-src", "connect-src")
    )
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert 403 == ask(address, target=target, sec_fetch_site="cross-site").status
    assert 403 == ask(address, target=target, origin="https://evil.example").status
    assert 421 == ask(address, target=target, host="evil.example").status
    assert 405 == ask(address, "POST", target, body=b"{}").status
    assert (200, b"") == ask(address, "HEAD", target)[::2]


def test_nothing_else_is_a_file(address):
    for target in ("/page/", "/page/../app.py", "/page/%2e%2e/app.py", "/page/explorer.js/", "/etc/passwd"):
        assert 404 == ask(address, target=target).status


def test_our_files_name_no_other_place_and_hold_no_code_in_line():
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https?://|\son\w+=|style=|innerHTML|eval\(", text), file


def test_the_page_knows_every_operation(description):
    named = {node["operationId"] for item in description["paths"].values() for node in item.values()}

    assert set(OPERATIONS) == named
    endpoint = "https://paiflow.cn-hangzhou.aliyuncs.com"
    assert {"Region": "cn-hangzhou", "PAIFlow": endpoint, "Workspace": "948"} == description["x-explorer"]["where"]
    assert "servers" not in description


def shown(description, operation):
    return description["paths"][operation.path][operation.method.lower()]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_form_has_lists_of_valid_values_and_begins_with_what_is_needed(description, operation):
    node = shown(description, operation)
    fields = node.get("requestBody", {}).get("x-explorer-fields", [])
    lists = {one["name"]: one["schema"].get("enum", []) for one in node.get("parameters", [])}
    lists |= {field["name"]: field["values"] for field in fields}
    begun = {one["name"]: one["example"] for one in node.get("parameters", []) if "example" in one}
    begun |= node.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example", {})

    for parameter in operation.parameters:
        if parameter.kind == "enum":
            assert list(parameter.values) == lists[parameter.name]
        if parameter.required:
            assert begun[parameter.name]
    assert begun.get("WorkspaceId", "948") == "948"
    assert ("This changes something" in node.get("description", "")) == (not operation.repeatable)
    prepare(Call(operation, begun), {})  # it can be sent as it stands


def test_a_share_token_is_typed_unseen(description):
    [token] = [
        one for one in shown(description, OPERATIONS["GetPipelineRun"])["parameters"] if one["name"] == "TokenId"
    ]

    assert ("password", False) == (token["schema"]["format"], "example" in token)


def code(address, kind, operation, arguments):
    prepared = prepare(Call(operation, arguments), {})
    asked = {"kind": kind, "method": operation.method.lower(), "url": prepared.target}
    if prepared.body is not None:
        asked["body"] = prepared.body.decode()
    return ask(address, "POST", "/-/sample", body=json.dumps(asked).encode())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_code_is_for_what_is_in_the_form(address, kind, operation):
    arguments = arguments_of(operation)

    reply = code(address, kind, operation, arguments)

    due = sample(kind, operation, arguments, site_of("cn-hangzhou", credentials=lambda: KEYS))
    once = r"Works once, until \S+|x-acs-date: \S+|nonce: \w+|Signature=\w+"
    assert 200 == reply.status, reply.message
    assert re.sub(once, "", due) == re.sub(once, "", reply.body.decode())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_curl_through_the_explorer_makes_its_call(running, operation):
    address, sent = running
    arguments = arguments_of(operation)
    environ = {ADDRESS: address.url, PROXY_TOKEN: address.token, "PAIFLOW_TOKEN_ID": arguments.get("TokenId", "")}
    sent.clear()

    reply = run_curl(sample("proxy", operation, arguments), environ)

    assert (200, "R") == (reply.status_code, reply.json()["RequestId"])
    [request] = sent
    due = prepare(Call(operation, arguments), {})
    assert operation.name == request.headers["x-acs-action"]
    assert sorted(re.split("[?&]", due.target)) == sorted(re.split("[?&]", request.url.raw_path.decode()))
    assert json.loads(due.body or "null") == json.loads(request.content or "null")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"url": "/api/v1/pipelines?PageNumber=x"}, "page_number must be a whole number"),
        ({"url": "/api/v1/pipelines", "kind": "ruby"}, "there is no sample 'ruby'"),
        ({"url": "/api/v1/pipelineruns", "method": "PUT", "body": "{"}, "the body is not JSON"),
        ({"url": "/api/v1/pipelineruns", "method": "PUT", "body": "[]"}, "the body is not a JSON object"),
        ({"url": "/api/v1/pipelineruns", "method": "PUT", "body": "{}"}, "PipelineRuns or Nodes is mandatory"),
        ({}, "no kind, method and url"),
        ({"url": "/api/v1/\ud800"}, "no kind, method and url"),
    ],
)
def test_what_is_wrong_with_the_form_is_said(address, asked, words):
    given = {"kind": "python", "method": "GET", **asked}

    reply = ask(address, "POST", "/-/sample", body=json.dumps(given).encode())

    assert (400, "Explorer.Sample") == (reply.status, reply.code)
    assert words in reply.message


def test_a_signed_curl_of_what_changes_something_is_not_given_unless_it_is_allowed():
    with serve(AsyncPaiFlow("cn-hangzhou", credentials=KEYS)) as address:
        start = OPERATIONS["StartPipelineRun"]

        assert "Explorer.Writes" == code(address, "curl", start, {"pipeline_run_id": "a"}).code
        assert 200 == code(address, "python", start, {"pipeline_run_id": "a"}).status


def test_the_forms_of_the_demo_can_be_sent_as_they_stand():
    with explorer.demo() as demo:
        client = AsyncPaiFlow(endpoint=demo.endpoint, credentials=demo.credentials, workspace_id=demo.workspace_id)
        with serve(client, Settings(allow_writes=True, known=demo.known)) as address:
            description = json.loads(ask(address, target="/-/description").body)
            for operation in OPERATIONS.values():
                if not operation.repeatable and not operation.name.startswith("Create"):
                    continue
                node = shown(description, operation)
                target, query = operation.path, []
                for one in node.get("parameters", []):
                    if one["in"] == "path":
                        target = target.replace(f"{{{one['name']}}}", one["example"])
                    elif "example" in one:
                        query.append(f"{one['name']}={quote(str(one['example']))}")
                body = node.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")

                reply = ask(
                    address,
                    operation.method,
                    target + "?" + "&".join(query),
                    body=None if body is None else json.dumps(body).encode(),
                )

                assert 200 == reply.status, (operation.name, reply.body)
