"""Pipelines: created, updated, deleted, by their manifests."""

import json

import pytest
from mock.calls import LASTING, NOW, ask, got, message, refusal

from paiflow.mock import HandClock, MockService
from paiflow.mock.timeline import timestamp


def manifest(identifier="train", provider="15", version="v1", *pipelines):
    spec = {"pipelines": list(pipelines)} if pipelines else {}
    metadata = {"identifier": identifier, "provider": provider, "version": version}
    return json.dumps({"apiVersion": "core/v1", "metadata": metadata, "spec": spec})


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def service(clock):
    return MockService([LASTING], clock=clock, sample=False)


def created(service, text):
    return got(service, "CreatePipeline", {"WorkspaceId": "7", "Manifest": text})["PipelineId"]


def test_a_pipeline_is_what_its_manifest_says(service):
    pipeline_id = created(service, manifest())

    pipeline = got(service, "GetPipeline", PipelineId=pipeline_id)

    uuid = pipeline.pop("Uuid")
    assert {
        "PipelineId": pipeline_id,
        "Identifier": "train",
        "Provider": "15",
        "Version": "v1",
        "WorkspaceId": "7",
        "Manifest": manifest(),
        "GmtCreateTime": timestamp(NOW),
        "GmtModifiedTime": timestamp(NOW),
    } == pipeline
    [listed] = got(service, "ListPipelines")["Pipelines"]
    assert {**pipeline, "Uuid": uuid} == {**listed, "Manifest": manifest()}


def test_an_update_makes_another_version_of_it(service, clock):
    pipeline_id = created(service, manifest())
    before = got(service, "GetPipeline", PipelineId=pipeline_id)
    clock.advance(60)

    got(service, "UpdatePipeline", {"Manifest": manifest(version="v2")}, PipelineId=pipeline_id)

    after = got(service, "GetPipeline", PipelineId=pipeline_id)
    assert ("v2", timestamp(NOW), timestamp(NOW + 60)) == (
        after["Version"],
        after["GmtCreateTime"],
        after["GmtModifiedTime"],
    )
    assert before["Uuid"] != after["Uuid"]
    assert 0 == got(service, "ListPipelines", PipelineVersion="v1")["TotalCount"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata: [", "Manifest"),
        (manifest(provider=""), "provider is missing"),
        (json.dumps({"metadata": {"identifier": "a", "provider": "15"}}), "version is missing"),
        (manifest("there"), "has its provider, identifier and version"),
    ],
)
def test_a_manifest_that_names_no_new_pipeline_is_refused(service, text, words):
    created(service, manifest("there"))
    other = created(service, manifest("other"))

    replies = [
        ask(service, "CreatePipeline", {"WorkspaceId": "7", "Manifest": text}),
        ask(service, "UpdatePipeline", {"Manifest": text}, PipelineId=other),
    ]

    assert [(400, "InvalidParameter")] * 2 == [refusal(reply) for reply in replies]
    assert all(words in message(reply) for reply in replies)
    assert 2 == got(service, "ListPipelines")["TotalCount"]


def test_a_deleted_pipeline_is_gone(service):
    pipeline_id = created(service, manifest())

    got(service, "DeletePipeline", PipelineId=pipeline_id)

    assert (404, "200200004") == refusal(ask(service, "GetPipeline", PipelineId=pipeline_id))
    assert (404, "200200004") == refusal(ask(service, "DeletePipeline", PipelineId=pipeline_id))
    assert 0 == got(service, "ListPipelines")["TotalCount"]


def test_a_pipeline_that_another_one_uses_cannot_be_deleted(service):
    used = created(service, manifest())
    user = created(service, manifest("nightly", "15", "v1", json.loads(manifest())))

    reply = ask(service, "DeletePipeline", PipelineId=used)

    assert (400, "DependencyViolation") == refusal(reply)
    assert user in message(reply)
    got(service, "DeletePipeline", PipelineId=user)
    got(service, "DeletePipeline", PipelineId=used)


def test_a_run_keeps_the_manifest_that_it_was_started_with(service):
    pipeline_id = created(service, manifest())
    run_id = got(service, "CreatePipelineRun", {"WorkspaceId": "7", "PipelineId": pipeline_id})["PipelineRunId"]
    got(service, "UpdatePipeline", {"Manifest": manifest(version="v2")}, PipelineId=pipeline_id)

    assert manifest() == got(service, "GetPipelineRun", PipelineRunId=run_id, Verbose="true")["Manifest"]
