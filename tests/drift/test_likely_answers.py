"""What a reply without its request answers is told by its fields, or not at all."""

import json

import pytest

from paiflow.drift import Collection, Recorded, Schemas, load
from paiflow.drift.replies import NO_REPLY, Skipped, match


def described(fields, **more):
    return {"type": "object", "properties": {name: {"type": "string"} for name in fields.split()} | more}


def listed(**fields):
    return {"type": "array", "items": {"type": "object", "properties": fields}}


TEXT = {"type": "string"}
OURS = load()
REPLIES = {
    "CreateRun": ("post", "/runs", described("RequestId RunId")),
    "ListRuns": ("get", "/runs", described("RequestId Total", Runs=listed(Id=TEXT, Name=TEXT))),
    "ListStatuses": ("put", "/runs", described("RequestId", Runs=listed(Id=TEXT, State=TEXT), Nodes=listed(), Logs=listed())),
    "GetRun": ("get", "/runs/{RunId}", described("RequestId RunId Name Status")),
    "StopRun": ("put", "/runs/{RunId}/stop", described("RequestId")),
    "DeleteRun": ("delete", "/runs/{RunId}", described("RequestId")),
    "ListWorkspaces": ("get", "/workspaces", described("RequestId", Workspaces=listed(Name=TEXT))),
}  # fmt: skip


def description():
    paths = {}
    for name, (method, path, schema) in REPLIES.items():
        responses = {"200": schema, "4XX": described("RequestId Code Message")}
        paths.setdefault(path, {})[method] = {
            "operationId": name,
            "responses": {
                status: {"description": "d", "content": {"application/json": {"schema": body}}}
                for status, body in responses.items()
            },
        }
    paths["/workspaces"]["servers"] = [{"url": "https://other.example.com/space"}]
    return Schemas({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})


def answered(value, **recorded):
    found = match(description(), Recorded("r.json", json.dumps(value), **recorded))
    return found.why if isinstance(found, Skipped) else (found.operation, found.status)


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        ("GetRun", {"RequestId": "R", "RunId": "a", "Name": "n", "Status": "Running"}),
        ("GetRun", {"RequestId": "R", "RunId": "a", "Name": "n", "New": 1, "Newer": 2}),
        # As many fields are known to both; the other lists more that are not there.
        ("CreateRun", {"RequestId": "R", "RunId": "a"}),
        # The same, and what the items hold tells more.
        ("ListStatuses", {"RequestId": "R", "Runs": [{"Id": "a", "State": "Running"}]}),
        ("ListRuns", {"RequestId": "R", "Runs": [{"Id": "a", "Name": "n"}]}),
        ("ListWorkspaces", {"Workspaces": []}),
    ],
)
def test_its_fields_tell(operation, value):
    assert (operation, 200) == answered(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"RequestId": "R"}, "reply that may answer DeleteRun, StopRun: name the operation"),
        ({"RequestId": "R", "Code": "C", "Message": "m"}, "reply that may answer ListRuns, ListStatuses, CreateRun and 4 more: name the operation"),
        ({"Unheard": 1}, f"body {NO_REPLY}"),
        ([], f"body {NO_REPLY}"),
    ],
)  # fmt: skip
def test_what_answers_none_or_may_answer_several_is_skipped(value, words):
    assert words == answered(value)


def test_a_status_that_is_known_helps():
    error = {"RequestId": "R", "RunId": "a"}

    assert ("CreateRun", 200) == answered(error)
    assert ("CreateRun", 200) == answered(error, status=200)
    assert "400 that may answer" in answered(error, status=400)


def test_a_body_of_other_fields_is_a_reply_only_where_the_operation_is_given():
    body = Recorded("r.json", '{"code": 1, "data": {}}')
    requested = Recorded("r.json", body.content, method="PUT", url="https://h/runs", status=200)
    operation = description().by_name["ListStatuses"]

    assert Skipped(f"body {NO_REPLY}") == match(description(), body)
    assert Skipped(f"ListStatuses 200 {NO_REPLY}") == match(description(), requested)
    assert "ListStatuses" == match(description(), body, operation).operation


@pytest.mark.parametrize("content", [{}, {"content": {"application/json": {"schema": {"type": "object"}}}}])
def test_any_body_answers_a_request_whose_replies_list_no_fields(content):
    responses = {"200": {"description": "d", **content}}
    paths = {"/x": {"get": {"operationId": "Get", "responses": responses}}}
    described = Schemas({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})

    assert "Get" == match(described, Recorded("r", '{"a": 1}', method="GET", url="/x", status=200)).operation


def test_a_collection_guesses_too():
    collection = Collection(description())
    collection.add(Recorded("r.json", '{"RequestId": "R", "RunId": "a", "Status": 5}'))
    collection.add(Recorded("s.json", '{"RequestId": "R"}'))

    assert {("GetRun", "200"): 1} == collection.responses
    assert 1 == collection.skipped.total()


@pytest.mark.parametrize(
    ("method", "url", "operation"),
    [
        ("GET", "https://h/runs/a", "GetRun"),
        ("GET", "https://h/runs/a%2Fb", "GetRun"),
        ("GET", "https://h/runs/a%0Ab?x=1", "GetRun"),
        ("GET", "https://h/runs/a/b", None),
        ("GET", "https://h/runs/", None),
        ("PUT", "https://h/runs/a/stop", "StopRun"),
        ("GET", "https://h/workspaces", "ListWorkspaces"),
        ("GET", "https://h/space/workspaces", "ListWorkspaces"),
        ("GET", "https://h/space/runs", None),
    ],
)
def test_a_request_tells_by_its_method_and_path(method, url, operation):
    found = answered({"RequestId": "R"}, method=method, url=url, status=200)

    assert (operation, 200) == found if operation else found.endswith("is not described")


def samples():
    """The sample reply of each operation that has fields of its own."""
    for operation in OURS.operations:
        content = OURS.resolved(OURS.at(OURS.responses(operation)["200"]))[0]["content"]["application/json"]
        for example in content["examples"].values():
            value = OURS.resolved(example)[0]["value"]
            if value.keys() != {"RequestId"}:
                yield operation.name, value


@pytest.mark.parametrize(("operation", "value"), list(samples()), ids=[name for name, _ in samples()])
def test_what_the_vendors_samples_answer_is_told_by_their_fields(operation, value):
    for reply in (value, {**value, "Extra": 1}, {key: one for key, one in value.items() if key != "RequestId"}):
        assert operation == match(OURS, Recorded("r.json", json.dumps(reply))).operation
