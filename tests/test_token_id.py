"""TokenId, a share token in the query, is sent and seen nowhere else: in no log, error, repr, traceback or observer."""

import asyncio
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from rich.pretty import pretty_repr

import paiflow
from paiflow.client.preparing import prepare
from paiflow.steps import Ask
from paiflow_api.calling import Call
from paiflow_api.operations import OPERATIONS

TOKEN = "eyJhbGciCanary+Share/Token==0123456789"
FORMS = [TOKEN[8:20], quote(TOKEN[8:20], safe=""), quote(TOKEN[8:20], safe="").lower(), "Share"]
CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
SECRET = [one.name for one in OPERATIONS.values() if any(parameter.secret for parameter in one.parameters)]


def echo(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """Return an answer that quotes the request in all ways."""

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        said = {"Code": "Forbidden", "Message": f"no: {target} {TOKEN}", "RequestId": TOKEN, "Recommend": target}
        return httpx.Response(
            status, json=said, headers={"location": f"https://other{target}", "x-acs-request-id": TOKEN}
        )

    return answer


def fail(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    """Return what raises an error that quotes the request."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise kind(f"failed at {request.url.raw_path.decode()} ({TOKEN})", request=request)

    return answer


ANSWERS = {
    "403": echo(403),
    "200": echo(200),
    "302": echo(302),
    "500": echo(500),
    "not JSON": lambda request: httpx.Response(200, content=request.url.raw_path),
    "reset": fail(httpx.ReadError),
    "no connection": fail(httpx.ConnectError),
    "no protocol": fail(httpx.RemoteProtocolError),
}


def arguments(operation: str) -> dict[str, Any]:
    needed = {one.argument: 1 for one in OPERATIONS[operation].parameters if one.required}
    return {**needed, "token_id": TOKEN}


def by_method(client: Any, operation: str) -> Any:
    name = {"GetPipelineRun": "get_pipeline_run", "GetPipelineRunNode": "get_pipeline_run_node"}.get(operation)
    name = name or "list_pipeline_run_node_" + operation.removeprefix("ListPipelineRunNode").lower()
    return getattr(client, name)(**arguments(operation))


def by_name(client: Any, operation: str) -> Any:
    return client.call(operation, **arguments(operation))


def run(ask: Callable[[Any, str], Any], operation: str, answer: Any, told: list[bytes], *, awaits: bool) -> None:
    """Make a call by either client."""
    kind: Any = paiflow.AsyncPaiFlow if awaits else paiflow.PaiFlow
    client = kind("r", credentials=CREDENTIALS, retries=0, transport=httpx.MockTransport(answer))
    client.observe(lambda name, status, content: told.append(content))
    if not awaits:
        ask(client, operation)
        return

    async def call() -> None:
        await ask(client, operation)

    asyncio.run(call())


def by_traceback(error: BaseException) -> str:
    """Return the variables of all frames, as tracebacks show them; but those of this file, where the token is held."""
    place, held = error.__traceback__, []
    while place is not None:
        if place.tb_frame.f_code.co_filename != __file__:
            held.append(place.tb_frame.f_locals)
        place = place.tb_next
    assert held
    return f"{held!r} {pretty_repr(held, max_string=80)} {pretty_repr(held)}"


def found(said: str) -> list[str]:
    unbroken = "".join(said.split())
    return [form for form in FORMS if form in unbroken]


def test_five_operations_take_it():
    assert 5 == len(SECRET)


# Each operation once, and one of them in all ways.
CASES = [(operation, "403", by_method, False) for operation in SECRET[1:]]
CASES += [
    (SECRET[0], answer, ask, awaits) for answer in ANSWERS for ask in (by_method, by_name) for awaits in (False, True)
]


@pytest.mark.parametrize(("operation", "answered", "ask", "awaits"), CASES)
def test_it_is_seen_nowhere(operation, answered, ask, awaits, caplog):
    answer = ANSWERS[answered]
    sent: list[str] = []
    told: list[bytes] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.query.decode())
        logging.getLogger("httpx").info("%s %r", request.url, request)
        return answer(request)

    with caplog.at_level(logging.DEBUG), pytest.raises(paiflow.PaiFlowError) as caught:
        run(ask, operation, keep, told, awaits=awaits)
    error = caught.value

    assert [f"TokenId={quote(TOKEN, safe='')}"] == [pair for pair in sent[0].split("&") if "TokenId" in pair]
    assert "TokenId=***" in caplog.text
    assert [] == found(caplog.text + "".join(repr(vars(record)) for record in caplog.records))
    assert [] == found(f"{error} {error!r} {vars(error)} {error.args} {pickle.dumps(error)!r} {error.__cause__!r}")
    assert [] == found(" ".join(content.decode() for content in told))
    assert [] == found(by_traceback(error))


REFUSED: dict[str, Callable[[Any], Any]] = {
    "no segment": lambda client: client.get_pipeline_run("..", token_id=TOKEN),
    "a list": lambda client: client.get_pipeline_run("a", token_id=[TOKEN]),
    "another argument is wrong": lambda client: client.get_pipeline_run("a", verbose=5, token_id=TOKEN),
    "another argument is too small": lambda client: client.list_pipeline_run_node_outputs(
        "a", "b", depth=0, token_id=TOKEN
    ),
    "no operation": lambda client: client.call("GetPipelineRunn", token_id=TOKEN),
    "no argument": lambda client: client.call("GetPipelineRun", pipeline_run_id="a", token_id=TOKEN, other=1),
    "given twice": lambda client: client.call("GetPipelineRun", pipeline_run_id="a", TokenId=TOKEN, token_id=TOKEN),
}


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED)
def test_nor_when_the_call_is_refused_before_it_is_made(ask, awaits):
    with pytest.raises(paiflow.InvalidRequest) as caught:
        run(lambda client, _: ask(client), "", None, [], awaits=awaits)

    assert [] == found(f"{caught.value} {caught.value!r} {vars(caught.value)}")
    assert [] == found(by_traceback(caught.value))


@pytest.mark.parametrize("arguments", [{"token_id": f"{TOKEN}\ud800"}, {"token_id": f"\udfff{TOKEN}", "verbose": True}])
def test_nor_in_the_error_that_leads_to_a_refusal(arguments):
    client = paiflow.PaiFlow("r", credentials=CREDENTIALS)
    with pytest.raises(paiflow.InvalidRequest, match="token_id holds half a surrogate pair") as caught:
        client.get_pipeline_run("flow-a", **arguments)

    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def test_nor_while_logs_are_followed():
    client = paiflow.PaiFlow("r", credentials=CREDENTIALS, transport=httpx.MockTransport(echo(403)))
    for iterate in (
        lambda: client.iter_pipeline_run_node_logs("a", "b", follow=True, token_id=TOKEN),
        lambda: client.iter_pipeline_run_node_outputs("a", "b", depth=1, token_id=TOKEN),
    ):
        with pytest.raises(paiflow.AccessDenied) as caught:
            list(iterate())

        assert [] == found(by_traceback(caught.value))


def test_nor_by_a_part_of_the_request():
    call = Call(OPERATIONS["GetPipelineRun"], {"pipeline_run_id": "a", "token_id": TOKEN})
    prepared = prepare(call, {})

    assert [] == found(
        f"{call} {prepared} {[call]!r} {pretty_repr(call)} {pretty_repr(prepared)} {pretty_repr([prepared])}"
    )
    assert "TokenId=***" in repr(prepared)
    assert "token_id=***" in repr(call)


def test_nor_in_json_of_what_is_asked():
    call = Call(OPERATIONS["GetPipelineRun"], {"pipeline_run_id": "a", "token_id": TOKEN})
    written = json.dumps(Ask([call]), default=str)

    assert "token_id=***" in written
    assert [] == found(written)
