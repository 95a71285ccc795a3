"""What each fault does, over a socket and without one: the same to an httpx client either way."""

import json
import threading
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from mock.calls import LASTING, NODE, NOW, PATH, RUN, SAMPLE, got

import paiflow
from paiflow.mock import Clock, HandClock, HandTime, MockService, MockTransport, serve
from paiflow.mock.fault_kinds import KINDS
from paiflow.signing import SignatureAuth


class Bench:
    """A service on a clock by hand, with a client of httpx's that reaches it one way or the other."""

    def __init__(self):
        self.clock = HandClock(NOW)
        self.arrived = threading.Semaphore(0)
        self.service = MockService([LASTING], clock=self.clock, on_request=lambda _: self.arrived.release())
        self.fault = self.service.faults.add

    def open(self, endpoint=None):
        self.endpoint = endpoint or "http://127.0.0.1:1"
        self.transport = None if endpoint else MockTransport(self.service)
        auth = SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: LASTING, clock=self.clock.now)
        self.http = httpx.Client(
            base_url=self.endpoint, transport=self.transport, auth=auth, trust_env=False, timeout=httpx.Timeout(20)
        )
        return self.http

    def ask(self, timeout=20, **parameters):
        parameters = parameters or {"PipelineRuns": [RUN]}
        return self.http.put(PATH.decode(), json=parameters, timeout=httpx.Timeout(20, read=timeout))

    def client(self, **settings):
        settings = {"retries": 0, "time": HandTime(self.clock), **settings}
        return closing(
            paiflow.PaiFlow(endpoint=self.endpoint, credentials=LASTING, transport=self.transport, **settings)
        )


@pytest.fixture(params=["socket", "transport"])
def bench(request):
    bench = Bench()
    if request.param == "transport":
        with bench.open():
            yield bench
    else:
        with serve(bench.service) as endpoint, bench.open(endpoint):
            yield bench


@pytest.fixture
def on_socket():
    bench = Bench()
    with serve(bench.service) as endpoint, bench.open(endpoint):
        yield bench


@pytest.fixture
def without_socket():
    bench = Bench()
    with bench.open():
        yield bench


def test_every_fault_of_the_table_is_tested_here():
    text = Path(__file__).read_text(encoding="utf-8")

    assert [] == [name for name in KINDS if f'fault("{name}"' not in text and f'"{name}",' not in text]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("throttling", 400, "Throttling.User"),
        ("internal-error", 500, "InternalError"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("expired-token", 400, "InvalidSecurityToken.Expired"),
        ("nonce-used", 400, "SignatureNonceUsed"),
    ],
)
def test_a_fault_refuses_in_the_service_s_form_whatever_was_asked(bench, name, status, code):
    bench.fault(name, times=2)
    replies = [bench.ask(), bench.ask(Nonsense=1)]

    assert [(status, code)] * 2 == [(reply.status_code, reply.json()["Code"]) for reply in replies]
    for reply in replies:
        assert reply.json()["RequestId"] == reply.headers["x-acs-request-id"]
        assert not {"retry-after", "x-acs-retry-after"} & set(reply.headers)
    assert 200 == bench.ask().status_code


@pytest.mark.parametrize("name", ["throttling", "unavailable"])
@pytest.mark.parametrize(
    ("form", "header", "value"),
    [
        ("ms", "x-acs-retry-after", "1500"),
        ("s", "retry-after", "2"),
        ("date", "retry-after", formatdate(NOW + 102, usegmt=True)),
    ],
)
def test_a_fault_may_say_when_to_call_again_in_three_forms(bench, name, form, header, value):
    bench.clock.advance(100)
    bench.fault(name, retry_after="1.5s", form=form)

    assert value == bench.ask().headers[header]


def test_throttling_may_have_the_status_of_a_gateway(bench):
    bench.fault("throttling", status=429, retry_after=2)

    with bench.client() as client, pytest.raises(paiflow.Throttled) as caught:
        client.list_pipeline_runs_status(pipeline_runs=[RUN])

    assert (429, "Throttling.User", 2.0) == (caught.value.status, caught.value.code, caught.value.retry_after)


def test_a_bad_gateway_is_a_page_without_a_request_id(bench):
    bench.fault("bad-gateway")
    reply = bench.ask()

    assert (502, "text/html") == (reply.status_code, reply.headers["content-type"])
    assert b"<title>502 Bad Gateway</title>" in reply.content
    assert "x-acs-request-id" not in reply.headers


def test_a_reset_ends_the_connection_before_any_reply(bench):
    bench.fault("reset", times=1)

    with pytest.raises(httpx.ReadError):
        bench.ask()
    assert 200 == bench.ask().status_code


def test_a_truncated_reply_announces_more_than_comes(bench):
    bench.fault("truncated", times=1)

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        bench.ask()
    assert 200 == bench.ask().status_code


def test_the_client_takes_a_truncated_reply_for_none(bench):
    bench.fault("truncated")

    with bench.client() as client, pytest.raises(paiflow.TransportError, match="complete message body"):
        client.list_pipeline_runs_status(pipeline_runs=[RUN])


@pytest.mark.parametrize("by", ["20m", "-20m", 1200, -1200.0])
def test_a_service_whose_clock_is_off_refuses_dates_and_tells_its_own(bench, by):
    bench.fault("clock-skew", by=by)
    reply = bench.ask()
    ahead = -1200 if str(by).startswith("-") else 1200

    assert (400, "InvalidTimeStamp.Expired") == (reply.status_code, reply.json()["Code"])
    assert formatdate(NOW + ahead, usegmt=True) == reply.headers["date"]


def test_a_client_that_goes_by_the_service_s_clock_is_served_although_it_is_off(bench):
    bench.fault("clock-skew", by="20m")
    with bench.client(retries=paiflow.RetryPolicy()) as client:
        reply = client.list_pipeline_runs_status(pipeline_runs=[RUN])

    assert [RUN] == [run.pipeline_run_id for run in reply.pipeline_runs]


def test_a_status_may_come_that_nobody_listed(bench):
    bench.fault("unknown-status")
    with bench.client() as client:
        reply = client.list_pipeline_runs_status(pipeline_runs=[RUN])
        about = client.list_pipeline_runs_status(nodes=[(NODE["PipelineRunId"], NODE["NodeId"])])

    assert ["Hibernating", "Hibernating"] == [reply.pipeline_runs[0].status, about.nodes[0].status]


def test_the_status_that_nobody_listed_can_be_chosen(bench):
    bench.fault("unknown-status", status="Napping")

    assert "Napping" == bench.ask().json()["PipelineRuns"][0]["Status"]


def masked(bench):
    """The reply for the documented output, which has a node that nobody knows."""
    output = SAMPLE["Outputs"][0]
    return bench.ask(Nodes=[{name: output[name] for name in ("PipelineRunId", "NodeId")}]).json()


def test_outputs_have_no_status_whatever_happens(bench):
    bench.fault("unknown-status")

    assert SAMPLE["Outputs"] == masked(bench)["Outputs"]


def test_fields_may_come_that_nobody_listed_everywhere(bench):
    bench.fault("unknown-fields")
    run, output = bench.ask().json(), masked(bench)

    assert {"Queue", "Labels"} <= set(run) & set(run["PipelineRuns"][0]) & set(output["Outputs"][0])
    assert SAMPLE["PipelineRuns"][0].items() <= run["PipelineRuns"][0].items()


def test_all_but_ids_may_be_null(bench):
    bench.fault("nulls")
    run, output = bench.ask().json(), masked(bench)["Outputs"][0]

    assert dict.fromkeys(SAMPLE["PipelineRuns"][0]) | {"PipelineRunId": RUN} == run["PipelineRuns"][0]
    assert [None, None] == [run["Nodes"], run["Outputs"]]
    assert run["RequestId"]
    assert {"PipelineRunId", "NodeId", "Id"} == {name for name, value in output.items() if value is not None}


def test_what_is_wrong_in_replies_is_not_in_refusals(bench):
    bench.fault("nulls")
    bench.fault("unknown-fields")
    reply = bench.ask(Nonsense=1)

    assert (400, "MissingParameter") == (reply.status_code, reply.json()["Code"])
    assert "Queue" not in reply.json()


def test_without_a_socket_a_slow_reply_passes_on_the_service_s_clock(without_socket):
    without_socket.fault("slow", delay="15s")

    assert 200 == without_socket.ask(timeout=20).status_code
    assert NOW + 15 == without_socket.clock.now()


def test_without_a_socket_a_reply_that_is_too_slow_times_out_on_the_service_s_clock(without_socket):
    without_socket.fault("slow", delay="25s")

    with pytest.raises(httpx.ReadTimeout):
        without_socket.ask(timeout=20)
    assert NOW + 20 == without_socket.clock.now()


def test_without_a_socket_a_timeout_is_one_of_the_client_s_clock():
    """By a clock that is a thousand times as fast, 30 s are over in 30 ms."""
    service = MockService([LASTING], clock=Clock(1000))
    service.faults.add("slow", delay=30)
    auth = SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: LASTING)
    with httpx.Client(transport=MockTransport(service), auth=auth, base_url="http://mock") as client:
        assert 200 == client.put(PATH.decode(), json={"PipelineRuns": [RUN]}, timeout=1).status_code
        with pytest.raises(httpx.ReadTimeout):
            client.put(PATH.decode(), json={"PipelineRuns": [RUN]}, timeout=0.001)


def test_without_a_timeout_a_client_waits_for_however_long(without_socket):
    without_socket.fault("slow", delay="1d")

    assert 200 == without_socket.ask(timeout=None).status_code


def test_without_a_socket_a_body_drips_on_the_service_s_clock(without_socket):
    without_socket.fault("drip", gap=2, piece_bytes=100)
    reply = without_socket.ask()

    assert [RUN] == [run["PipelineRunId"] for run in reply.json()["PipelineRuns"]]
    assert NOW + 2 * -(-len(reply.content) // 100) == without_socket.clock.now()


def test_without_a_socket_a_drip_that_is_too_slow_times_out(without_socket):
    without_socket.fault("drip", gap=25)

    with pytest.raises(httpx.ReadTimeout):
        without_socket.ask(timeout=20)
    assert NOW + 20 == without_socket.clock.now()


async def test_an_async_client_meets_the_same_faults_without_a_socket():
    clock = HandClock(NOW)
    service = MockService([LASTING], clock=clock)
    auth = SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: LASTING, clock=clock.now)
    async with httpx.AsyncClient(transport=MockTransport(service), auth=auth, base_url="http://mock") as client:

        async def ask():
            return await client.put(PATH.decode(), json={"PipelineRuns": [RUN]}, timeout=20)

        with service.faults.add("slow", delay=15), service.faults.add("drip", gap=1, piece_bytes=100):
            dripped = await ask()
        with service.faults.add("slow", delay=25), pytest.raises(httpx.ReadTimeout):
            await ask()
        with service.faults.add("reset"), pytest.raises(httpx.ReadError):
            await ask()
        with service.faults.add("truncated"), pytest.raises(httpx.RemoteProtocolError):
            await ask()
        head = await client.head(PATH.decode())

    assert 200 == dripped.status_code
    assert NOW + 15 - (-len(dripped.content) // 100) + 20 == clock.now()
    assert b"" == head.content


def in_a_thread(function):
    """Start the function in a thread; return how to wait for what it returns."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()

    def result():
        thread.join(20)
        return results[0]

    return result


def test_on_a_socket_a_slow_reply_comes_when_the_clock_has_got_there(on_socket):
    on_socket.fault("slow", delay="1h")
    result = in_a_thread(on_socket.ask)
    assert on_socket.arrived.acquire(timeout=20)

    on_socket.clock.advance(3600)

    assert 200 == result().status_code


def test_on_a_socket_a_body_drips_as_the_clock_goes(on_socket):
    on_socket.fault("drip", gap=1, piece_bytes=100)
    with on_socket.http.stream("PUT", PATH.decode(), json={"PipelineRuns": [RUN]}) as response:
        assert 200 == response.status_code
        sizes = []
        chunks = response.iter_bytes()
        for _ in range(2):
            on_socket.clock.advance(1)
            sizes.append(len(next(chunks)))
        on_socket.clock.advance(60)
        rest = b"".join(chunks)

    assert [100, 100] == sizes
    assert rest.endswith(b'"Outputs":[]}')


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_on_a_socket_a_fault_that_takes_its_time_ends_when_the_client_goes(on_socket, fault):
    on_socket.fault(fault)

    with pytest.raises(httpx.ReadTimeout):
        on_socket.ask(timeout=0.05)

    # The server's clock stands still, and yet it waits no more. It may hear of other clients first.
    on_socket.service.faults.clear()
    assert any(on_socket.ask().status_code == 200 and not on_socket.clock._waiting for _ in range(1000))


def test_on_a_socket_a_server_ends_although_a_slow_reply_is_due():
    bench = Bench()
    bench.fault("slow", delay="1d")
    with serve(bench.service) as endpoint, bench.open(endpoint):

        def failing():
            with pytest.raises(httpx.HTTPError):
                bench.ask()
            return "ended"

        result = in_a_thread(failing)
        assert bench.arrived.acquire(timeout=20)

    assert "ended" == result()


def test_nothing_is_said_in_the_log_about_faults(on_socket, caplog):
    on_socket.fault("reset", times=1)
    on_socket.fault("truncated", times=2)
    for _ in range(2):
        with pytest.raises(httpx.HTTPError):
            on_socket.ask()
    on_socket.ask()

    assert [] == [record for record in caplog.records if record.name.startswith(("uvicorn", "paiflow.mock", "asyncio"))]


def test_a_client_that_tries_again_gets_through_faults(bench):
    for name in ("reset", "truncated", "bad-gateway", "internal-error", "nonce-used"):
        bench.fault(name, times=1)
    bench.fault("throttling", times=1, retry_after="7s")
    with bench.client(retries=paiflow.RetryPolicy(attempts=20)) as client:
        reply = client.list_pipeline_runs_status(pipeline_runs=[RUN])

    assert [RUN] == [run.pipeline_run_id for run in reply.pipeline_runs]


def test_a_reply_that_a_fault_changed_is_still_json(bench):
    for name in ("unknown-status", "unknown-fields", "nulls"):
        bench.fault(name)

    assert json.dumps(bench.ask().json())


RUN_OF_THE_SAMPLE = {"PipelineRunId": "flow-j94y**********lf7a"}
NODE_OF_THE_SAMPLE = {**RUN_OF_THE_SAMPLE, "NodeId": "node-n06d**********fc53"}


@pytest.mark.parametrize(
    ("action", "parameters", "statuses"),
    [
        ("GetPipelineRun", RUN_OF_THE_SAMPLE, lambda reply: [reply["Status"]]),
        ("ListPipelineRuns", {}, lambda reply: [run["Status"] for run in reply["PipelineRuns"]]),
        ("ListPipelineRunNodeStatus", NODE_OF_THE_SAMPLE, lambda reply: [node["Status"] for node in reply["Status"]]),
        ("GetPipelineRunNode", NODE_OF_THE_SAMPLE, lambda reply: [reply["StatusInfo"]["Status"]]),
        ("ListWorkspaces", {}, lambda reply: [one["Status"] for one in reply["Workspaces"]]),
    ],
)
def test_unknown_statuses_come_in_all_operations(action, parameters, statuses):
    service = MockService([LASTING], clock=HandClock(NOW))
    service.faults.add("unknown-status")

    assert {"Hibernating"} == set(statuses(got(service, action, **parameters)))


@pytest.mark.parametrize(
    ("action", "parameters", "kept"),
    [
        ("GetPipelineRun", RUN_OF_THE_SAMPLE, {"PipelineRunId", "PipelineId"}),
        ("GetPipeline", {"PipelineId": "pipeline-hynm2bv8wqhp5e****"}, {"PipelineId"}),
        ("GetPipelineRunNode", NODE_OF_THE_SAMPLE, set()),
    ],
)
def test_nulls_leave_the_ids_of_one_thing(action, parameters, kept):
    service = MockService([LASTING], clock=HandClock(NOW))
    service.faults.add("nulls")

    assert kept == {name for name, value in got(service, action, **parameters).items() if value is not None}


@pytest.mark.parametrize("fault", ["nulls", "unknown-status", "unknown-fields"])
def test_a_reply_with_nothing_but_texts_or_a_request_id_takes_every_fault(fault):
    service = MockService([LASTING], clock=HandClock(NOW))
    service.faults.add(fault)

    got(service, "UpdatePipelineRun", {"Name": "other"}, **RUN_OF_THE_SAMPLE)
    logs = got(service, "ListPipelineRunNodeLogs", **RUN_OF_THE_SAMPLE, NodeId="node-1jlzg7ncv0j6i3****")

    assert ["abc"] == logs["Logs"]
