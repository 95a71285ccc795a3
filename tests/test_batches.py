"""Any number of ids: split into requests, some in flight at a time, joined into one report."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paiflow
from paiflow import NodeRef
from paiflow.status.batches import Batch, Found, id_of, join, plan
from paiflow.status.ids import BATCH_SIZE
from paiflow.steps import IN_FLIGHT
from paiflow_api.models import ListPipelineRunsStatusResponse, NodeState, PipelineRunState

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
RUNS = [f"flow-{number}" for number in range(3000)]
NODES = [NodeRef(f"flow-{number}", f"node-{number % 7}") for number in range(1500)]


class Service:
    """Knows every id but those whose name holds `gone`; keeps what it was asked, and how many at once.

    `change` is given each reply with the ids asked for, and may give another, or raise.
    """

    def __init__(self, change: Callable[[dict[str, Any], list[Any]], dict[str, Any] | httpx.Response] | None = None):
        self.change = change
        self.bodies: list[dict[str, Any]] = []
        self.at_once = self.most_at_once = 0
        # Requests are held until so many are in flight.
        self.held_for = 1
        self.full = threading.Event()
        self._lock = threading.Lock()
        self.transport = Transport(self)

    def begin(self, request: httpx.Request) -> None:
        with self._lock:
            self.bodies.append(json.loads(request.content))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if self.at_once >= self.held_for:
                self.full.set()

    def answer(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.at_once -= 1
        body = json.loads(request.content)
        runs, nodes = body.get("PipelineRuns", []), body.get("Nodes", [])
        reply: Any = {
            "RequestId": f"R-{(runs or [node['NodeId'] for node in nodes])[0]}",
            "PipelineRuns": [{"PipelineRunId": id_, "Status": "Running"} for id_ in runs if "gone" not in id_],
            "Nodes": [{**node, "Status": "Succeeded"} for node in nodes if "gone" not in node["NodeId"]],
            "Outputs": [{**node, "Name": "model"} for node in nodes[:1]],
        }
        reply = self.change(reply, runs or nodes) if self.change else reply
        return reply if isinstance(reply, httpx.Response) else httpx.Response(200, json=reply)


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Lets others come in meanwhile, so that what is in flight at once can be counted."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.service.begin(request)
        self.service.full.wait(10)
        threading.Event().wait(0.001)
        return self.service.answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.service.begin(request)
        await asyncio.sleep(0)
        return self.service.answer(request)


def in_sync(service: Service, *, settings: dict[str, Any] | None = None, **arguments: Any) -> paiflow.StatusReport:
    """Ask with the blocking client."""
    asked = {"credentials": CREDENTIALS, "retries": 0} | (settings or {})
    with paiflow.PaiFlow("cn-hangzhou", transport=service.transport, **asked) as client:
        return client.statuses(**arguments)


def in_async(service: Service, *, settings: dict[str, Any] | None = None, **arguments: Any) -> paiflow.StatusReport:
    """Ask with the client to await."""

    async def run() -> paiflow.StatusReport:
        asked = {"credentials": CREDENTIALS, "retries": 0} | (settings or {})
        async with paiflow.AsyncPaiFlow("cn-hangzhou", transport=service.transport, **asked) as client:
            return await client.statuses(**arguments)

    return asyncio.run(run())


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def statuses(request):
    """Ask by either client: `statuses(service, pipeline_runs=…)`."""
    return request.param


def ids(items: Iterable[PipelineRunState | NodeState]) -> list[Any]:
    return [id_of(item) for item in items]


# What is asked


def test_thousands_of_ids_are_asked_for_in_batches_and_found_in_order(statuses):
    service = Service()
    report = statuses(service, pipeline_runs=RUNS, nodes=NODES)

    assert (RUNS, NODES) == (ids(report.runs), ids(report.nodes))
    assert ([], [], []) == (report.missing, report.unanswered, report.errors)
    assert 30 + 15 == len(service.bodies) == len(report.request_ids)
    assert {BATCH_SIZE} == {len(body.get("PipelineRuns", body.get("Nodes"))) for body in service.bodies}


def test_runs_and_nodes_never_share_a_request(statuses):
    service = Service()
    statuses(service, pipeline_runs=RUNS[:250], nodes=NODES[:250])

    assert 6 == len(service.bodies)
    assert all(("PipelineRuns" in body) != ("Nodes" in body) for body in service.bodies)


def test_duplicates_are_asked_for_once(statuses):
    service = Service()
    report = statuses(service, pipeline_runs=RUNS[:150] * 3, nodes=[("flow-1", "node-1"), NodeRef("flow-1", "node-1")])
    asked = [id_ for body in service.bodies for id_ in body.get("PipelineRuns", [])]

    assert sorted(RUNS[:150]) == sorted(asked)
    assert (RUNS[:150], [("flow-1", "node-1")]) == (ids(report.runs), ids(report.nodes))


def test_workspace_and_output_type_go_with_every_request(statuses):
    service = Service()
    statuses(
        service, settings={"workspace_id": "948"}, pipeline_runs=RUNS[:150], nodes=NODES[:150], output_type="Model"
    )
    statuses(service, settings={"workspace_id": "948"}, pipeline_runs=["a"], workspace_id="7", output_type="Model")

    assert ["948"] * 4 + ["7"] == [body["WorkspaceId"] for body in service.bodies]
    assert {"Model"} == {body["OutputType"] for body in service.bodies}


def test_ids_may_come_from_any_iterable(statuses):
    report = statuses(Service(), pipeline_runs=(id_ for id_ in RUNS[:5]), nodes=iter(NODES[:5]))

    assert (5, 5) == (len(report.runs), len(report.nodes))


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("PipelineRuns or Nodes is mandatory", {}),
        ("batch_size must be at least 1, not 0", {"pipeline_runs": ["a"], "batch_size": 0}),
        ("in_flight must be at least 1, not -3", {"pipeline_runs": ["a"], "in_flight": -3}),
        ("pipeline_runs[1] must be a text that is not empty", {"pipeline_runs": ["a", ""]}),
        ("nodes[0] must be a NodeRef or a pair", {"nodes": ["a"]}),
        ("output_type must be one of", {"pipeline_runs": RUNS, "output_type": "model"}),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_request(statuses, words, arguments):
    service = Service()
    with pytest.raises(paiflow.InvalidRequest) as caught:
        statuses(service, **arguments)

    assert words in str(caught.value)
    assert [] == service.bodies


@given(
    runs=st.lists(st.sampled_from("abcdefgh"), max_size=30),
    nodes=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")).map(lambda pair: NodeRef(*pair)), max_size=30
    ),
    size=st.integers(1, 12),
)
def test_a_plan_asks_for_each_id_once_in_order_and_in_batches_of_the_size(runs, nodes, size):
    batches = plan(runs, nodes, size)

    assert [*dict.fromkeys(runs), *dict.fromkeys(nodes)] == [id_ for batch in batches for id_ in batch.ids]
    assert all(1 <= len(batch.ids) <= size for batch in batches)
    assert all(not batch.pipeline_runs or not batch.nodes for batch in batches)
    assert len(batches) <= len(set(runs)) // size + len(set(nodes)) // size + 2


# How many at once


@pytest.mark.parametrize(("expected", "settings"), [(IN_FLIGHT, {}), (3, {"in_flight": 3}), (1, {"in_flight": 1})])
def test_no_more_requests_are_in_flight_than_allowed(statuses, expected, settings):
    service = Service()
    service.held_for = expected
    statuses(service, pipeline_runs=RUNS[:400], batch_size=10, **settings)

    assert expected == service.most_at_once
    assert 40 == len(service.bodies)


def test_by_default_eight_requests_of_a_hundred_ids_are_in_flight():
    assert (8, 100) == (IN_FLIGHT, BATCH_SIZE)


# What is answered


def test_what_the_service_does_not_return_is_named_in_order(statuses):
    wanted = ["gone-1", *RUNS[:150], "gone-2"]
    report = statuses(Service(), pipeline_runs=wanted, nodes=[("flow-1", "gone"), ("flow-1", "node-1")])

    assert ["gone-1", "gone-2", NodeRef("flow-1", "gone")] == report.missing
    assert (150, 1) == (len(report.runs), len(report.nodes))
    assert [] == report.unanswered


def test_an_answer_in_another_order_is_taken(statuses):
    report = statuses(
        Service(lambda reply, _: {**reply, "PipelineRuns": reply["PipelineRuns"][::-1]}), pipeline_runs=RUNS
    )

    assert [] == report.missing
    assert sorted(RUNS) == sorted(ids(report.runs))
    assert "flow-7" == report.runs["flow-7"].pipeline_run_id


def test_runs_and_nodes_that_were_not_asked_for_are_left_out(statuses):
    def more(reply: dict[str, Any], _: list[Any]) -> dict[str, Any]:
        strange = [{"PipelineRunId": "strange", "Status": "Failed"}, {"Status": "Failed"}, {}]
        node = {"PipelineRunId": "flow-0", "NodeId": "node-0", "Status": "Failed"}
        return {**reply, "PipelineRuns": [*strange, *reply["PipelineRuns"]], "Nodes": [node, {"NodeId": "node-0"}]}

    report = statuses(Service(more), pipeline_runs=["flow-0", "gone"])

    assert ["flow-0"] == ids(report.runs)
    assert ([], ["gone"]) == (list(report.nodes), report.missing)


def test_of_equal_answers_one_is_kept_and_of_contradicting_ones_each(statuses):
    def twice(reply: dict[str, Any], asked: list[Any]) -> dict[str, Any]:
        runs = reply["PipelineRuns"]
        return {**reply, "PipelineRuns": [*runs, *runs, {"PipelineRunId": asked[0], "Status": "Failed"}, *runs]}

    report = statuses(Service(twice), pipeline_runs=["a", "b"])

    assert [("a", "Running"), ("a", "Failed"), ("b", "Running")] == [
        (run.pipeline_run_id, run.status) for run in report.runs
    ]
    assert "Running" == report.runs["a"].status


def test_the_outputs_of_all_answers_are_joined(statuses):
    report = statuses(Service(), nodes=NODES[:250])

    assert [NODES[0], NODES[100], NODES[200]] == [(out.pipeline_run_id, out.node_id) for out in report.outputs]


def test_nulls_and_gaps_in_an_answer_do_no_harm(statuses):
    gaps = {"RequestId": None, "PipelineRuns": [None, {"PipelineRunId": "a"}, {"PipelineRunId": None}], "Nodes": None}
    report = statuses(Service(lambda *_: gaps), pipeline_runs=["a", "b"])

    assert (["a"], ["b"], []) == (ids(report.runs), report.missing, report.request_ids)


# What fails


def failing(*ids_: str, error: httpx.Response | Exception) -> Service:
    """Return a service that fails when asked for one of these."""

    def change(reply: dict[str, Any], asked: list[Any]) -> dict[str, Any] | httpx.Response:
        if not set(ids_) & {id_ if isinstance(id_, str) else id_["PipelineRunId"] for id_ in asked}:
            return reply
        if isinstance(error, Exception):
            raise error
        return httpx.Response(error.status_code, content=error.content)  # one can be read but once

    return Service(change)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (paiflow.ServerFault, httpx.Response(503)),
        (paiflow.Throttled, httpx.Response(429)),
        (paiflow.InvalidRequest, httpx.Response(400)),
        (paiflow.TransportError, httpx.ReadError("reset")),
        (paiflow.UnexpectedReply, httpx.Response(200, json=[])),
    ],
)
def test_a_batch_that_fails_does_not_lose_the_others(statuses, kind, error):
    report = statuses(
        failing("flow-150", "flow-350", error=error), pipeline_runs=[*RUNS[:400], "gone"], nodes=NODES[:5]
    )

    assert [*RUNS[:100], *RUNS[200:300]] == ids(report.runs)
    assert [*RUNS[100:200], *RUNS[300:400]] == report.unanswered
    assert [kind, kind] == [type(error) for error in report.errors]
    assert (["gone"], 5) == (report.missing, len(report.nodes))
    assert 4 == len(report.request_ids)


def test_when_every_batch_fails_the_first_ones_error_is_raised(statuses):
    def change(_: object, asked: list[Any]) -> httpx.Response:
        return httpx.Response(403 if asked[0] == "flow-0" else 503)

    with pytest.raises(paiflow.AccessDenied):
        statuses(Service(change), pipeline_runs=RUNS[:400])


def test_credentials_that_run_out_on_the_way_leave_what_was_answered(statuses):
    left = [CREDENTIALS] * 2
    lock = threading.Lock()

    def source() -> paiflow.Credentials:
        with lock:
            if not left:
                raise paiflow.CredentialsError("no more")
            return left.pop()

    report = statuses(Service(), settings={"credentials": source}, pipeline_runs=RUNS[:500])

    assert [paiflow.CredentialsError] * 3 == [type(error) for error in report.errors]
    assert (200, 300) == (len(report.runs), len(report.unanswered))


def test_without_credentials_that_error_is_raised(statuses):
    def source() -> paiflow.Credentials:
        raise paiflow.CredentialsError("none")

    service = Service()
    with pytest.raises(paiflow.CredentialsError, match="none"):
        statuses(service, settings={"credentials": source}, pipeline_runs=RUNS[:500])

    assert [] == service.bodies


def test_each_batch_is_repeated_by_itself(statuses):
    seen: set[str] = set()

    def flaky(reply: dict[str, Any], asked: list[Any]) -> dict[str, Any] | httpx.Response:
        if asked[0] in seen:
            return reply
        seen.add(asked[0])
        return httpx.Response(503, headers={"retry-after": "0"})

    service = Service(flaky)
    report = statuses(service, settings={"retries": 1}, pipeline_runs=RUNS[:500])

    assert (500, [], 10) == (len(report.runs), report.errors, len(service.bodies))


def test_an_interrupt_sends_nothing_that_had_not_begun():
    let_go = threading.Event()

    class Held(Transport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.service.begin(request)
            if self.service.bodies[IN_FLIGHT - 1 :] == [json.loads(request.content)]:  # one thread's alone is the last
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            let_go.wait(10)
            return self.service.answer(request)

    service = Service()
    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, retries=0, transport=Held(service))
    with pytest.raises(KeyboardInterrupt):
        client.statuses(pipeline_runs=RUNS)
    let_go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("paiflow"):
            thread.join(10)
    client.close()  # not before, as nothing is sent by a closed one

    assert IN_FLIGHT == len(service.bodies)


def test_a_cancelled_call_leaves_no_task_and_sends_nothing_that_had_not_begun():
    class Held(Transport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.service.begin(request)
            if self.service.at_once == IN_FLIGHT:
                full.set()
            await asyncio.Event().wait()
            raise AssertionError

    service, full = Service(), asyncio.Event()

    async def run() -> set[asyncio.Task[Any]]:
        async with paiflow.AsyncPaiFlow("r", credentials=CREDENTIALS, transport=Held(service)) as client:
            asked = asyncio.create_task(client.statuses(pipeline_runs=RUNS))
            await full.wait()
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            return asyncio.all_tasks() - {asyncio.current_task()}

    assert set() == asyncio.run(run())
    assert IN_FLIGHT == len(service.bodies)


# The report


def run(id_: str | None, status: str = "Running") -> PipelineRunState:
    return PipelineRunState(pipeline_run_id=id_, status=status)


def test_what_was_found_is_had_by_place_id_pair_and_slice():
    first, second = run("a"), run("b")
    node = NodeState(pipeline_run_id="a", node_id="n")
    runs, nodes = Found([first, second]), Found([node])

    assert (first, second, second) == (runs[0], runs[-1], runs["b"])
    assert ([second], [first, second]) == (runs[1:], list(runs))
    assert (node, node, node) == (nodes[0], nodes["a", "n"], nodes[NodeRef("a", "n")])
    assert (2, 1) == (len(runs), len(nodes))


def test_what_was_found_can_be_looked_for():
    first = run("a")
    runs, nodes = Found([first]), Found([NodeState(pipeline_run_id="a", node_id="n")])

    assert "a" in runs
    assert run("a") in runs
    assert ("a", "n") in nodes
    assert not {"b", ("a", "n"), 0} & {key for key in ("b", ("a", "n"), 0) if key in runs}
    assert (0, [first]) == (runs.index(first), list(reversed(runs)))


@pytest.mark.parametrize(("error", "key"), [(KeyError, "b"), (KeyError, ("a", "n")), (IndexError, 1), (TypeError, 1.5)])
def test_what_was_not_found_is_an_error_of_its_kind(error, key):
    with pytest.raises(error):
        Found([run("a")])[key]


def test_what_was_found_equals_a_list_of_the_same_and_shows_as_one():
    assert Found([run("a")]) == [run("a")] == Found([run("a")])
    assert Found([run("a")]) != [run("b")]
    assert Found() == []
    assert repr([run("a")]) == repr(Found([run("a")]))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Found())


def test_a_run_without_an_id_is_not_had_by_one():
    assert (None, None, None) == (
        id_of(run(None)),
        id_of(NodeState(node_id="n")),
        id_of(NodeState(pipeline_run_id="a")),
    )
    assert (None, 1) == (Found([run(None)])[0].pipeline_run_id, len(Found([run(None)])))


def test_a_report_has_these_fields():
    answer = ListPipelineRunsStatusResponse(pipeline_runs=[run("a")], request_id="R-1")
    failed = paiflow.ServerFault("ListPipelineRunsStatus", 503)
    report = join([Batch(("a", "b")), Batch(("c",))], [answer, failed])

    assert {
        "runs": [run("a")],
        "nodes": [],
        "outputs": [],
        "missing": ["b"],
        "unanswered": ["c"],
        "errors": [failed],
        "request_ids": ["R-1"],
    } == attrs.asdict(report, recurse=False)


def test_the_cost_grows_with_the_number_of_ids_and_no_faster():
    """A reply may repeat one id with ever new contradictions, too."""

    def once(count: int) -> float:
        began = time.process_time()
        batches = plan([f"flow-{number}" for number in range(count)] * 2, [], 100)
        answers = [
            ListPipelineRunsStatusResponse(pipeline_runs=[run(id_) for id_ in batch.pipeline_runs]) for batch in batches
        ]
        assert count == len(join(batches, answers).runs)
        contradictions = [run("a", f"Status-{number}") for number in range(count)]
        report = join([Batch(("a",))], [ListPipelineRunsStatusResponse(pipeline_runs=contradictions)])
        assert count == len(report.runs)
        return time.process_time() - began

    def seconds(count: int) -> float:
        """The best of three, for other programs get in the way."""
        return min(once(count) for _ in range(3))

    # Quadratic would be a hundred times as long.
    assert seconds(50_000) < 30 * max(seconds(5_000), 0.02)


def test_outputs_are_told_once_and_only_those_of_nodes_that_were_asked_for():
    reply = ListPipelineRunsStatusResponse.from_dict(
        {
            "Nodes": [{"PipelineRunId": "r", "NodeId": "n", "Status": "Running"}],
            "Outputs": [
                {"Id": "mine", "PipelineRunId": "r", "NodeId": "n"},
                {"Id": "mine", "PipelineRunId": "r", "NodeId": "n"},
                {"Id": "of others", "PipelineRunId": "zz", "NodeId": "zz"},
                {"Id": "of nobody"},
            ],
        }
    )
    report = join([Batch(nodes=(NodeRef("r", "n"),))], [reply])

    assert ["mine", "of nobody"] == [output.id for output in report.outputs]


def test_a_report_shows_how_much_it_holds():
    """Not what: asyncio puts a task's result into its repr, and a report may hold many thousand runs."""
    report = join(
        [Batch(("a", "b"))], [ListPipelineRunsStatusResponse.from_dict({"PipelineRuns": [{"PipelineRunId": "a"}]})]
    )

    assert (
        repr(report) == "<StatusReport runs: 1 nodes: 0 outputs: 0 missing: 1 unanswered: 0 errors: 0 request_ids: 0>"
    )


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("flow-late", "flow-late: the call that asked for it failed (see errors)"),
        (
            "flow-gone",
            "flow-gone: the service did not return it (it does not exist, or this account cannot see it)",
        ),
        ("flow-tarin", "flow-tarin: it was not asked for; did you mean flow-train?"),
    ],
)
def test_an_id_that_a_report_does_not_hold_is_a_key_error_that_says_why(key, words):
    reply = ListPipelineRunsStatusResponse(pipeline_runs=[run("flow-train")])
    failed = paiflow.TransportError("Op", "no route")
    report = join([Batch(("flow-train", "flow-gone")), Batch(("flow-late",))], [reply, failed])
    with pytest.raises(KeyError) as caught:
        report.runs[key]

    assert words == str(caught.value)
