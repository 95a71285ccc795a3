"""The mock behind httpx without a socket, in sync and async clients alike."""

import threading

import httpx
import pytest
from mock.calls import HOST, LASTING, NOW, PATH, RUN, new_service

from paiflow.mock import MockTransport
from paiflow.signing import SignatureAuth

URL = f"http://{HOST}{PATH.decode()}"
ASKED = {"PipelineRuns": [RUN]}


@pytest.fixture
def auth():
    return SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: LASTING, clock=lambda: NOW)


def test_a_sync_client_is_answered(service, auth):
    with httpx.Client(transport=MockTransport(service), auth=auth) as client:
        response = client.put(URL, json=ASKED)

    assert 200 == response.status_code
    assert [RUN] == [run["PipelineRunId"] for run in response.json()["PipelineRuns"]]


async def test_an_async_client_is_answered(service, auth):
    async with httpx.AsyncClient(transport=MockTransport(service), auth=auth) as client:
        response = await client.put(URL, json=ASKED)

    assert 200 == response.status_code
    assert [RUN] == [run["PipelineRunId"] for run in response.json()["PipelineRuns"]]


async def test_a_body_that_is_streamed_is_read(service):
    async def chunks():
        yield b"{"
        yield b"}"

    headers = {"x-acs-version": "2021-02-02", "x-acs-action": "ListPipelineRunsStatus"}
    async with httpx.AsyncClient(transport=MockTransport(service)) as client:
        response = await client.put(URL, content=chunks(), headers=headers)

    assert "IncompleteSignature" == response.json()["Code"]


def test_the_query_is_part_of_what_is_signed(service, auth):
    with httpx.Client(transport=MockTransport(service), auth=auth) as client:
        assert 200 == client.put(URL, params={"a": "b c"}, json=ASKED).status_code


def test_a_refusal_has_its_headers(service):
    with httpx.Client(transport=MockTransport(service)) as client:
        response = client.delete(URL)

    assert (405, "GET, PUT, POST") == (response.status_code, response.headers["allow"])
    assert response.json()["RequestId"] == response.headers["x-acs-request-id"]


def test_head_is_refused_without_a_body(service):
    with httpx.Client(transport=MockTransport(service)) as client:
        response = client.head(URL)

    assert (405, b"") == (response.status_code, response.content)


def test_threads_may_share_one(auth):
    with httpx.Client(transport=MockTransport(new_service()), auth=auth) as client:
        statuses = []

        def ask():
            statuses.extend(client.put(URL, json=ASKED).status_code for _ in range(25))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [200] * 100 == statuses
