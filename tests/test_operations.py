"""Each operation of a description becomes data and a typed method, or is refused in one line."""

import copy
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from paiflow import _yaml
from tooling import generation
from tooling.errors import GenerationError

JOBS = _yaml.load_file(Path(__file__).with_name("data") / "jobs.yaml")

SCRIPT = """
from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

from jobs_api import models
from jobs_api.calling import Call, Operation, R
from jobs_api.methods import AsyncMethods, Methods
from jobs_api.operations import GET_JOB


class Client(Methods):
    def _call(self, call: Call[R]) -> R:
        return call.operation.reply.from_json(b"{}")

    def _iterate(self, call: Call[Any], limit: int | None, page_size: int) -> Iterator[Any]:
        yield from ()


class AsyncClient(AsyncMethods):
    async def _call(self, call: Call[R]) -> R:
        return call.operation.reply.from_json(b"{}")

    async def _iterate(self, call: Call[Any], limit: int | None, page_size: int) -> AsyncIterator[Any]:
        for _ in ():
            yield _


client = Client()
assert_type(GET_JOB, Operation[models.GetJobResponse])
assert_type(GET_JOB.reply, type[models.GetJobResponse])
assert_type(client.get_job("a", type_="Logical"), models.GetJobResponse)
assert_type(client.delete_job(job_id="a"), models.EmptyReply)
assert_type(client.iter_jobs(status=models.JobStatus.DONE, job_ids="a,b"), Iterator[models.JobSummary])
assert_type(client.iter_job_logs("a", 5, limit=3), Iterator[str])
client.list_jobs_status(nodes=[("a", "b"), {"JobId": "a", "NodeId": "b", "Depth": 1}])
client.create_job(name="a", manifest="m", things=[{}], matrix=[[1]], counts=[1], anything=None)
job: models.Job = client.get_job("a", type_=models.GetJobType.LOGICAL)
dated: models.Dated = client.get_job("a", type_="Logical")


async def main() -> None:
    client = AsyncClient()
    assert_type(await client.get_job("a", type_="Logical"), models.GetJobResponse)
    assert_type(client.iter_jobs(), AsyncIterator[models.JobSummary])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the package in it."""
    folder = tmp_path_factory.mktemp("jobs")
    generation.generate(JOBS, folder / "jobs_api")
    return folder


@pytest.fixture(scope="module")
def jobs(folder):
    """The package, with its modules."""
    sys.path.insert(0, str(folder))
    try:
        for name in ("calling", "methods", "models", "operations"):
            importlib.import_module(f"jobs_api.{name}")
        yield sys.modules["jobs_api"]
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def client(jobs):
    """A client that returns what it is asked for."""

    class Client(jobs.methods.Methods):
        def _call(self, call):
            return call

        def _iterate(self, call, limit, page_size):
            return iter([(call, limit, page_size)])

    return Client()


def mypy(folder, *what):
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *what]
    finished = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)

    assert finished.returncode == 0, finished.stdout


def test_methods_are_strictly_typed(folder):
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")

    mypy(folder, "-p", "jobs_api")
    mypy(folder, "script.py")


def test_what_an_operation_is(jobs):
    operations = jobs.operations.OPERATIONS
    pages = jobs.calling.Pages

    assert list(operations) == ["ListJobs", "CreateJob", "ListJobsStatus", "GetJob", "DeleteJob", "ListJobLogs"]
    assert {
        name: (one.method, one.path, one.model, one.lists, one.bare, one.repeatable) for name, one in operations.items()
    } == {
        "ListJobs": ("GET", "/jobs", "ListJobsResponse200", ("Jobs",), False, True),
        "CreateJob": ("POST", "/jobs", "CreateJobResponse201", (), False, False),
        "ListJobsStatus": ("PUT", "/jobs", "ListJobsStatusResponse200", ("Jobs", "Texts"), False, True),
        "GetJob": ("GET", "/jobs/{JobId}", "GetJobResponse", (), False, True),
        "DeleteJob": ("DELETE", "/jobs/{JobId}", "EmptyReply", (), True, False),
        "ListJobLogs": ("GET", "/jobs/{JobId}/logs/{LogId}", "ListJobLogsResponse200", ("Logs",), False, True),
    }
    assert {name: (one.product, one.version, one.host) for name, one in operations.items() if name != "GetJob"} == {
        **dict.fromkeys(operations.keys() - {"GetJob"}, ("JobFlow", "2020-02-02", "jobs")),
        "ListJobsStatus": ("Other", "2021-03-03", "other"),
    }
    assert operations["ListJobs"].pages == pages("page", "PageNumber", "PageSize", "Jobs", "JobId", "TotalCount")
    assert operations["ListJobLogs"].pages == pages("offset", "Offset", "PageSize", "Logs")
    assert operations["ListJobs"].ram_action == "jobs:ListJobs"
    assert operations["ListJobs"].link == "https://example.com/list-jobs"
    assert operations["ListJobs"].summary == "List jobs"
    assert operations["CreateJob"].one_of == ("Manifest", "TemplateId")
    statuses = operations["ListJobsStatus"]
    assert (statuses.any_of, statuses.exclusive, statuses.states) == (("Jobs", "Nodes"), True, ("Running", "Done"))
    assert repr(statuses) == "<Operation ListJobsStatus: PUT /jobs>"


STATUSES = ("Running", "ReadyToSchedule", "Done")


@pytest.mark.parametrize(
    ("operation", "name", "expected"),
    [
        ("ListJobs", "PageSize", {"kind": "integer", "minimum": 1, "maximum": 50}),
        ("ListJobs", "Status", {"kind": "enum", "values": STATUSES}),
        ("ListJobs", "Since", {"kind": "time"}),
        ("ListJobs", "JobIds", {"kind": "comma-list", "non_empty": True, "non_empty_items": True}),
        ("ListJobs", "Statuses", {"kind": "comma-list", "items": "enum", "values": STATUSES}),
        ("ListJobs", "Labels", {"kind": "texts"}),
        ("ListJobs", "Body", {}),
        ("ListJobs", "WorkspaceId", {"required": True, "default": "workspace_id"}),
        ("GetJob", "JobId", {"place": "path", "required": True}),
        ("GetJob", "Verbose", {"kind": "boolean"}),
        ("GetJob", "TokenId", {"secret": True}),
        ("GetJob", "Type", {"argument": "type_", "kind": "enum", "values": ("Logical", "Physical"), "required": True}),
        ("CreateJob", "Manifest", {"non_empty": True}),
        ("CreateJob", "Name", {"required": True}),
        ("CreateJob", "Weight", {"kind": "number"}),
        ("CreateJob", "Status", {"values": STATUSES}),
        ("CreateJob", "Labels", {"kind": "texts"}),
        ("CreateJob", "Counts", {"kind": "texts", "items": "integer"}),
        ("CreateJob", "Things", {"kind": "objects"}),
        ("CreateJob", "Matrix", {"kind": "json"}),
        ("CreateJob", "Anything", {"kind": "json"}),
        ("ListJobsStatus", "Jobs", {"kind": "texts", "non_empty": True, "non_empty_items": True}),
    ],
)
def test_what_an_argument_is(jobs, operation, name, expected):
    found = jobs.operations.OPERATIONS[operation].parameter(name)
    place = "query" if operation.startswith(("ListJobs", "GetJob")) and operation != "ListJobsStatus" else "body"
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    wanted = {"name": name, "argument": snake, "place": place, **expected}

    assert jobs.calling.Parameter(**wanted) == found


def test_the_fields_of_objects_are_arguments_too_required_ones_first(jobs):
    nodes = jobs.operations.LIST_JOBS_STATUS.parameter("Nodes")
    settings = jobs.operations.CREATE_JOB.parameter("Settings")

    assert nodes.kind == "objects"
    assert [(field.name, field.kind, field.required) for field in nodes.fields] == [
        ("JobId", "text", True),
        ("NodeId", "text", True),
        ("Depth", "integer", False),
    ]
    assert (settings.kind, [field.argument for field in settings.fields]) == ("object", ["retries"])


SIGNATURES = {
    "get_job": (
        "job_id: 'str', *, type_: '_models.GetJobType | str', verbose: 'bool | None' = None, "
        "token_id: 'str | None' = None"
    ),
    "delete_job": "job_id: 'str'",
    "iter_job_logs": "job_id: 'str', log_id: 'int', *, limit: 'int | None' = None, page_size: 'int' = 100",
    "iter_jobs": (
        "*, status: '_models.JobStatus | str | None' = None, sort_by: '_models.ListJobsSortBy | str | None' = None, "
        "since: 'datetime | str | None' = None, job_ids: 'Iterable[str] | str | None' = None, "
        "statuses: 'Iterable[_models.JobStatus | str] | str | None' = None, "
        "labels: 'Iterable[str] | None' = None, body: 'str | None' = None, workspace_id: 'str | int | None' = None, "
        "limit: 'int | None' = None, page_size: 'int' = 50"
    ),
    "list_jobs_status": (
        "*, jobs: 'Iterable[str] | None' = None, nodes: 'Iterable[tuple[str, str] | Mapping[str, Any]] | None' = None"
    ),
}


@pytest.mark.parametrize("method", SIGNATURES)
def test_signatures(jobs, method):
    for methods in (jobs.methods.Methods, jobs.methods.AsyncMethods):
        parameters = str(inspect.signature(getattr(methods, method))).partition(" -> ")[0]

        assert f"(self, {SIGNATURES[method]})" == parameters


def test_a_method_makes_a_call(jobs, client):
    call = client.get_job("a", type_="Logical", token_id="eyJ-secret")
    [(pages, limit, page_size)] = client.iter_jobs(status="Done", limit=3, page_size=7)

    assert call.operation is jobs.operations.GET_JOB
    assert call.arguments == {"job_id": "a", "type_": "Logical", "verbose": None, "token_id": "eyJ-secret"}
    assert repr(call) == "Call(GetJob, job_id='a', token_id=***, type_='Logical')"
    assert (pages.operation, limit, page_size) == (jobs.operations.LIST_JOBS, 3, 7)
    assert not {"page_number", "page_size", "limit"} & pages.arguments.keys()


async def test_a_method_is_a_coroutine_too(jobs):
    class Client(jobs.methods.AsyncMethods):
        async def _call(self, call):
            return call

        async def _iterate(self, call, limit, page_size):
            yield call, limit, page_size

    client = Client()

    assert (await client.delete_job("a")).arguments == {"job_id": "a"}
    assert [page_size async for _, _, page_size in client.iter_jobs()] == [50]
    assert jobs.methods.Methods.get_job.__doc__ == jobs.methods.AsyncMethods.get_job.__doc__


def test_a_page_says_what_it_holds(jobs):
    pages = jobs.operations.LIST_JOBS.pages
    reply = jobs.operations.LIST_JOBS.reply.from_json(b'{"TotalCount": 5, "Jobs": [{"JobId": "a"}]}')

    assert pages.ids_of(pages.items_of(reply)) == ["a"]
    assert pages.total_of(reply) == 5


def test_replies_inherit_from_what_they_extend(jobs):
    models = jobs.models
    sent = {
        "JobId": "a",
        "Status": "Done",
        "CreatedAt": "2021-01-21T17:12:35Z",
        "RequestId": "r",
        "New": 1,
        "Arguments": '{"a": 1}',
        "Options": "[1]",
        "Manifest": "{}",
    }
    reply = models.GetJobResponse.from_dict(sent)
    both = (models.JobSummary(job_id="b"), models.Job(job_id="b"))

    assert isinstance(reply, models.JobSummary)
    assert isinstance(reply, models.Job)
    assert isinstance(reply, models.Dated)
    assert reply.to_dict() == sent
    assert reply.additional_properties == {"New": 1}
    assert (reply.status, reply.created_at.year) == (models.JobStatus.DONE, 2021)
    assert (reply.arguments_json(), reply.options_json(), reply.manifest_json()) == ({"a": 1}, [1], {})
    assert both[0] != both[1]
    assert models.GetJobResponse(job_id="a", created_at=None, request_id="r").job_id == "a"


def test_members_of_enums_have_readable_names(jobs):
    assert [member.name for member in jobs.models.JobStatus] == ["RUNNING", "READY_TO_SCHEDULE", "DONE"]


DOCSTRING = '''List jobs.

The jobs can be filtered with `status`, or sorted with `sort_by`.

- A first point.
- A second \\ point with """ quotes.

Args:
    page_number: The page.
    page_size: Its size.
    status: Only jobs with this status. One of Running, ReadyToSchedule or Done.
    sort_by: The field to sort by. JobId or Since. The default is JobId.
    since: Only later ones.
    job_ids: Only these. A text is sent as it is.
    statuses: Statuses. One of Running, ReadyToSchedule or Done. A text is sent as it is.
    labels: Labels.
    body: Body.
    workspace_id: Its workspace. Default: the client's `workspace_id`.

Returns:
    One page of jobs.

Raises:
    paiflow.InvalidRequest: An argument is missing or not valid. Nothing is sent if the client can tell.
    paiflow.AccessDenied: The account lacks the permission jobs:ListJobs, or the credentials are refused.
    paiflow.ServiceError: The service refused the request or failed.
    paiflow.TransportError: No reply came.
    paiflow.UnexpectedReply: The reply does not fit the description.

Source: https://example.com/list-jobs'''


def test_a_docstring_says_all_that_is_needed_to_call(jobs):
    assert inspect.getdoc(jobs.methods.Methods.list_jobs) == DOCSTRING


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("create_job", "Give exactly one of `manifest` and `template_id`."),
        ("create_job", "If `maybe_done` is true, the service may have acted all the same."),
        ("create_job", "status: Its status, or another. One of Running, ReadyToSchedule or Done."),
        ("list_jobs_status", "Give exactly one of `jobs` and `nodes`. The run's status must be Running or Done."),
        (
            "list_jobs_status",
            "nodes: Nodes. Each is a mapping of job_id, node_id and depth, or a tuple of job_id and node_id.",
        ),
        ("get_job", "job_id: The job's id, as `list_jobs` returns it."),
        ("get_job", "token_id: TokenId. A secret: it is never shown."),
        ("get_job", "paiflow.NotFound: It does not exist, or this account cannot see it."),
        ("iter_jobs", "Yield the entries of `list_jobs`, page after page, as they are needed."),
        ("iter_jobs", "limit: The number of entries to stop after; None for all."),
    ],
)
def test_docstrings_tell(jobs, method, told):
    assert told in " ".join(getattr(jobs.methods.Methods, method).__doc__.split())


def changed(change):
    """The description with a change."""
    description = copy.deepcopy(JOBS)
    change(description["paths"], description["components"])
    return description


def circle(_, components):
    """A change that lets a response name itself."""
    components["responses"]["Statuses"] = {"$ref": "#/components/responses/Statuses"}


def parameter(**values):
    """A change that adds a parameter to GetJob."""
    added = {"name": "Odd", "in": "query", "schema": {"type": "string"}, **values}
    return lambda paths, _: paths["/jobs/{JobId}"]["get"]["parameters"].append(added)


def extension(operation, **values):
    """A change of x-paiflow."""

    def change(paths, _):
        for path in paths.values():
            for data in path.values():
                if isinstance(data, dict) and data["operationId"] == operation:
                    data.setdefault("x-paiflow", {}).update(values)

    return change


def body(content):
    """A change of the body of CreateJob."""
    return lambda paths, _: paths["/jobs"]["post"]["requestBody"].update(content=content)


def field(**schema):
    """A change that adds a field to the body of CreateJob."""
    return lambda _, components: components["schemas"]["CreateJobRequest"]["properties"].update(Odd=schema)


def schema(name, **values):
    """A change that adds a schema, which GetJob returns."""

    def change(_, components):
        components["schemas"][name] = {"type": "object", **values}
        properties = components["schemas"]["Job"]["properties"]
        properties[name] = {"$ref": f"#/components/schemas/{name}"}

    return change


def replaced(target, name, value):
    """A change of an operation: (path, method), key, value."""
    return lambda paths, _: paths[target[0]][target[1]].update({name: value})


LIST, GET = ("/jobs", "get"), ("/jobs/{JobId}", "get")
PAGES = {"by": "page", "number": "PageNumber", "size": "PageSize", "items": "Jobs"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (parameter(**{"in": "header"}), "GetJob: Odd: a parameter in the header is not supported"),
        (parameter(style="pipeDelimited", explode=False), "GetJob: Odd: style: pipeDelimited is not supported in the query"),
        (parameter(schema={"type": "object"}), "GetJob: Odd: a value of this type is not supported in the query"),
        (parameter(schema={"type": "array", "items": {"type": "array", "items": {}}}), "GetJob: Odd[][]: a parameter needs one type"),
        (parameter(schema={"type": ["string", "boolean"]}), "GetJob: Odd: a parameter needs one type"),
        (parameter(name="verbose"), "GetJob: more than one argument would be verbose in Python"),
        (parameter(name="JobId"), "GetJob: more than one argument would be job_id in Python"),
        (field(type="string", format="binary"), "CreateJob: Odd: format: binary is not supported in a request"),
        (body({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}),
         "CreateJob: requestBody: application/octet-stream: only application/json is supported"),
        (body({"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}),
         "requestBody: only an object with described properties is supported"),
        (body({"application/json": {"schema": {"oneOf": [
            {"type": "object", "properties": {name: {"type": "string"}}} for name in "AB"]}}}),
         "CreateJob: requestBody: only an object with described properties is supported"),
        (replaced(GET, "operationId", None), "GET /jobs/{JobId}: an operation needs an operationId"),
        (replaced(GET, "operationId", "list_jobs"), "ListJobs: more than one method would be list_jobs in Python"),
        (replaced(GET, "operationId", "iterJobs"), "ListJobs: more than one method would be iter_jobs in Python"),
        (replaced(GET, "operationId", "Operations"), "Operations: an operation of this name is not supported"),
        (replaced(GET, "responses", {"404": {"description": "No."}}), "GetJob: a success (2xx) needs a response"),
        (replaced(GET, "responses", {"200": {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}}),
         "GetJob: response 200: only a JSON object is supported"),
        (replaced(GET, "responses", {
            "200": {"$ref": "#/components/responses/Statuses"}, "202": {"description": "Later."}}),
         "GetJob: a success (2xx) needs one model for all of them (GetJobResponse200, EmptyReply)"),
        (extension("GetJob", repeatable="yes"), "GetJob: x-paiflow: repeatable: must be true or false"),
        (extension("GetJob", one_of="Type"), "GetJob: x-paiflow: one_of: must be a list of texts"),
        (extension("GetJob", pages={"by": 1}), "GetJob: x-paiflow: pages: must be a map of texts"),
        (replaced(GET, "x-paiflow-service", "Jobs"), "GetJob: x-paiflow-service: must be a map"),
        (replaced(GET, "x-paiflow-service", {"host": "jobs.example"}),
         "GetJob: x-paiflow-service: host: 'jobs.example' is not the first label of a host"),
        (replaced(GET, "x-ram-action", 5), "GetJob: x-ram-action: must be a text"),
        (lambda paths, _: paths.update({"/x": {"$ref": "#/paths/~1jobs"}}), "/x: a path that is a $ref is not supported"),
        (circle, "$ref #/components/responses/Statuses leads back to itself"),
        (lambda paths, _: paths.update({"/x": None}), "not an OpenAPI description: paths//x: "),
        (extension("GetJob", repeat=True), "GetJob: x-paiflow: no such key: repeat"),
        (extension("GetJob", defaults={"Nothing": "workspace_id"}), "GetJob: x-paiflow: defaults: no parameter Nothing"),
        (extension("GetJob", defaults={"Type": "kind"}), "GetJob: x-paiflow: defaults: Type: the client has no default kind"),
        (extension("GetJob", one_of=["Type", "Nothing"]), "GetJob: x-paiflow: one_of: no parameter Nothing"),
        (extension("GetJob", states=["Dne"]), "GetJob: x-paiflow: states: no such status: Dne"),
        (extension("GetJob", pages={"by": "page"}), "GetJob: x-paiflow: pages: not there: items, number, size"),
        (extension("ListJobs", pages={**PAGES, "ids": "JobId"}), "ListJobs: x-paiflow: pages: no such key: ids"),
        (extension("ListJobs", pages={**PAGES, "by": "cursor"}), "pages: by: cursor is neither page nor offset"),
        (extension("ListJobs", pages={**PAGES, "size": "Limit"}), "ListJobs: x-paiflow: pages: no parameter Limit"),
        (extension("ListJobs", pages={**PAGES, "items": "TotalCount"}), "pages: items: the reply has no list TotalCount"),
        (extension("ListJobs", pages={**PAGES, "total": "Total"}), "pages: total: the reply has no field Total"),
        (extension("ListJobs", pages={**PAGES, "id": "Id"}), "pages: id: an entry has no field Id"),
        (replaced(LIST, "parameters", [
            {"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("PageNumber", "PageSize", "Limit")]),
         "ListJobs: x-paiflow: "),
        (schema("Any"), "Any: a schema of this name is not supported: its class would hide another"),
        (schema("JOBStatus"), "JOBStatus, JobStatus: more than one of these schemas would be job_status.py"),
        (schema("Odd", allOf=[{"oneOf": [{"properties": {"A": {"type": "string"}}}, {"required": ["B"]}]}]),
         "Odd: allOf: a part with alternatives is not supported in a reply"),
        (schema("Odd", allOf=[{"$ref": "#/components/schemas/Job"}], properties={
            "Arguments": {"type": "string", "format": "date-time"}}),
         "Odd.Arguments: another type or name than in the schema that Odd extends"),
        (schema("Odd", properties={"A": {"type": "string", "format": "binary"}}), "Odd.A: a value of this kind (file)"),
        (schema("Odd", properties={"A": {"type": "string", "enum": ["a"], "x-enum-varnames": ["A", "B"]}}),
         "#/components/schemas/Odd/properties/A: x-enum-varnames: each value needs a name of its own"),
        (schema("Odd", properties={"A": {"type": "string", "enum": ["a"], "x-enum-varnames": ["aB"]}}),
         "#/components/schemas/Odd/properties/A: x-enum-varnames: aB is not like READY_TO_SCHEDULE"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_right_is_one_line_that_names_it(tmp_path, change, reason):
    with pytest.raises(GenerationError) as raised:
        generation.generate(changed(change), tmp_path / "jobs_api")

    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["WorkflowServiceStarting", "Succeeded"], ["WORKFLOW_SERVICE_STARTING", "SUCCEEDED"]),
        (["a", "A", "a-b", "a b"], ["A", "A_2", "A_B", "A_B_4"]),
        (["", "3D", "+", "龙"], ["VALUE_EMPTY", "VALUE_3D", "VALUE_3", "龙"]),
    ],
)
def test_any_text_can_be_a_member_of_an_enum(tmp_path, values, names):
    generation.generate(changed(schema("Odd", properties={"A": {"type": "string", "enum": values}})), tmp_path / "x")
    text = (tmp_path / "x/models/odd_a.py").read_text(encoding="utf-8")

    assert [f'    {name} = "{value}"' for name, value in zip(names, values, strict=True)] == [
        line for line in text.splitlines() if " = " in line
    ]


def test_the_only_list_of_a_reply_is_what_pages_hold(tmp_path):
    def change(paths, _):
        for name in ("items", "total"):
            del paths["/jobs"]["get"]["x-paiflow"]["pages"][name]

    for name, description in (("said", JOBS), ("not_said", changed(change))):
        generation.generate(description, tmp_path / name)
    texts = [(tmp_path / name / "operations.py").read_text(encoding="utf-8") for name in ("said", "not_said")]

    assert texts[0] == texts[1]
    assert 'items="Jobs", id="JobId", total="TotalCount"' in texts[1]


@pytest.mark.parametrize("type_", ["string", ["string", "null"]])
def test_null_is_no_member_of_an_enum(tmp_path, type_):
    change = schema("Odd", properties={"A": {"type": type_, "enum": ["a", None, "b"]}})
    generation.generate(changed(change), tmp_path / "x")

    assert "    a: OddA | str | None = None\n" in (tmp_path / "x/models/odd.py").read_text(encoding="utf-8")
    assert "None" not in (tmp_path / "x/models/odd_a.py").read_text(encoding="utf-8")


def test_an_argument_may_have_any_name(tmp_path, monkeypatch):
    """Even one that the method itself could use."""
    odd = ["Self", "Call", "From", "Class", "Limit", "PageSize", "Follow", "Once", "_call", "_operations", "_models"]
    secrets = [{"name": name, "in": "query", "schema": {"type": "string"}, "x-paiflow-secret": True} for name in odd]
    generation.generate(changed(replaced(GET, "parameters", secrets)), tmp_path / "odd_names_api")
    monkeypatch.syspath_prepend(tmp_path)
    methods = importlib.import_module("odd_names_api.methods")

    class Client(methods.Methods):
        def _call(self, call):
            return dict(call.arguments)

        def _iterate(self, call, limit, page_size):
            raise AssertionError

    given = {one.argument: one.name for one in importlib.import_module("odd_names_api.operations").GET_JOB.parameters}

    assert given == Client().get_job(**given)


def test_a_package_that_cannot_be_imported_is_not_swapped_in(tmp_path, monkeypatch):
    monkeypatch.setattr(generation, "outcomes_module", lambda _: "from . import models\n\nNothing = models.Nothing\n")

    with pytest.raises(
        GenerationError, match=r"^what was generated cannot be imported: \w+\.outcomes: AttributeError: "
    ):
        generation.generate(JOBS, tmp_path / "jobs_api")


SCALARS = [
    {"type": "string"},
    {"type": "string", "minLength": 1},
    {"type": "integer"},
    {"type": "number", "minimum": 0.5},
    {"type": "boolean"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "date"},
    {"type": "string", "enum": ["ReadyToSchedule", "done", "3D", ""]},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"type": "integer", "enum": [1, 2]},
    {"const": "fixed"},
    {"$ref": "#/components/schemas/JobStatus"},
]
LISTS = [{"type": "array", "items": schema} for schema in SCALARS]
OBJECTS = [
    {"type": "object"},
    {"type": "object", "properties": {"A": {"type": "string"}, "type": {"type": "integer"}}, "required": ["type"]},
    {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
    {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
    {"$ref": "#/components/schemas/GetJobResponse"},
    {},
]
NAMES = [
    "Type",
    "self",
    "class",
    "Body",
    "Any",
    "list",
    "page-size",
    "x.y",
    "1st",
    "größe",
    "_under",
    "call",
    "None",
    "models",
]
OPERATIONS = ["Import", "list", "GetAny", "self", "call", "datetime", "get-it", "Größe", "2Fast", "_private", "Models"]


def many(count):
    """A description of so many operations, no two alike."""
    description = copy.deepcopy(JOBS)
    for number in range(count):
        place = f"/many/{number}/{{Id}}"
        schemas = [*SCALARS, *LISTS] if number % 4 < 2 else SCALARS
        parameters = [
            {
                "name": f"{NAMES[at % len(NAMES)]}{at // len(NAMES) or ''}",
                "in": "query",
                "required": at % 3 == 0,
                "schema": schemas[(number + at) % len(schemas)],
                **({"explode": False} if at % 2 else {}),
            }
            for at in range(number % 20)
        ]
        operation = {
            "operationId": f"{OPERATIONS[number % len(OPERATIONS)]}{number // len(OPERATIONS) or ''}",
            "tags": [f"tag {number % 7}"],
            "parameters": [
                {"name": "Id", "in": "path", "required": True, "schema": SCALARS[number % 4]},
                *parameters,
            ],
            "responses": {"200": {"$ref": "#/components/responses/Statuses"}}
            if number % 3
            else {"202": {"description": "ok"}},
        }
        if number % 2:
            fields = [*SCALARS, *LISTS, *OBJECTS]
            properties = {f"In{name}": fields[(number + at) % len(fields)] for at, name in enumerate(NAMES)}
            schema = {"type": "object", "properties": properties, "required": ["InType"]}
            operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        description["paths"][place] = {("get", "post", "put", "delete", "patch")[number % 5]: operation}
    return description


def test_a_hundred_mixed_operations_are_generated_and_strictly_typed(tmp_path):
    generation.generate(many(94), tmp_path / "many_api")
    text = (tmp_path / "many_api/operations.py").read_text(encoding="utf-8")

    assert text.count("] = Operation(") == 100
    mypy(tmp_path, "-p", "many_api")
