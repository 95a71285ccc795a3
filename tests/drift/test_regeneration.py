"""The way of a drift through the whole project: report, overlay, regenerated client, empty report."""

import importlib
import itertools
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from drift import shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from paiflow import _yaml, overlays
from paiflow.drift import Reply, load, overlay
from paiflow.drift.replies import judge
from tooling import generation, lint

OURS = load()
NUMBERS = itertools.count()


def drifted():
    """Replies with new fields at every level, new statuses, other kinds, nulls, and fields that are missing."""
    first, second = shapes.sample(), shapes.sample()
    first |= {"NextToken": "t", "TotalCount": 7}
    first["PipelineRuns"][0] |= {"Status": "Hibernating", "Priority": 5, "IsDeleted": "false", "Labels": [{"Key": "k"}]}
    first["Nodes"][0] |= {
        "Status": "running",
        "StartedAt": 1611249155,
        "Retries": [1, 2],
        "ReadyAt": "2021-01-21T17:12:35Z",
    }
    first["Outputs"][0] |= {"Type": "Volume", "Metadata": None, "Value": {"a": 1}, "GmtCreateTime": "", "Name": ["n"]}
    second["PipelineRuns"] = {"flow-a": {"Status": "Running"}}
    second["Nodes"] = [None, {"NodeId": None, "Status": 5, "InputArtifactArchived": 1.5, "NodeName": {"en": "n"}}]
    second["Outputs"] = None
    del second["RequestId"]
    return [first, second]


@contextmanager
def regenerated(values):
    """Generate the package for replies that do not fit, and give its name, for as long as a `with` lasts."""
    replies = [Reply(f"reply {number}", "ListPipelineRunsStatus", 200, value) for number, value in enumerate(values)]
    text = overlay(OURS, replies)
    document = OURS.document if text is None else overlays.apply(OURS.document, _yaml.load(text))
    name = f"drifted_{next(NUMBERS)}"
    with tempfile.TemporaryDirectory() as folder:
        generation.generate(document, Path(folder) / name)
        shipped = load(str(Path(folder) / name / "openapi.yaml"))
        assert all(judge(shipped, reply)[1] == [] for reply in replies)
        sys.path.insert(0, folder)
        try:
            yield name
        finally:
            sys.path.remove(folder)
            for module in [module for module in sys.modules if module.partition(".")[0] == name]:
                del sys.modules[module]


def test_the_regenerated_client_decodes_what_had_drifted():
    with regenerated(drifted()) as package:
        models = importlib.import_module(f"{package}.models")
        first, second = map(models.ListPipelineRunsStatusResponse.from_dict, drifted())

        run, node, output = first.pipeline_runs[0], first.nodes[0], first.outputs[0]
        assert ("t", 7) == (first.next_token, first.total_count)
        assert (models.PipelineRunStatus.HIBERNATING, 5, "false") == (run.status, run.priority, run.is_deleted)
        assert [{"Key": "k"}] == [label.to_dict() for label in run.labels]
        assert (models.NodeStatus("running"), 1611249155, [1, 2]) == (node.status, node.started_at, node.retries)
        assert datetime(2021, 1, 21, 17, 12, 35, tzinfo=UTC) == node.ready_at
        assert (models.OutputType.VOLUME, None, {"a": 1}) == (output.type_, output.metadata, output.value.to_dict())
        assert {"flow-a": {"Status": "Running"}} == second.pipeline_runs.to_dict()
        assert (5, 1.5, {"en": "n"}) == (
            second.nodes[0].status,
            second.nodes[0].input_artifact_archived,
            second.nodes[0].node_name.to_dict(),
        )


@settings(max_examples=settings().max_examples // 20)
@given(st.lists(shapes.mangled(), min_size=1, max_size=2))
def test_however_replies_are_mangled_the_regenerated_client_decodes_them(values):
    with regenerated(values) as package:
        decode = importlib.import_module(f"{package}.models").ListPipelineRunsStatusResponse.from_dict
        for value in values:
            decode(value)


def test_new_objects_in_new_objects_are_models_of_short_names_and_maps_keep_their_values():
    value = {
        **shapes.sample(),
        "Labels": [
            {"Key": "k", "More": {"At": "2021-01-21T17:12:35Z", "Raw": '{"a": 1}', "None": {}, "Some": []}},
            None,
        ],
        "Grid": [[{"X": 1}], [{"X": 2.5}]],
        "Metadata": {"flow-1": {"Size": 1}, "flow-2": {"Size": None}},
        "Type": {"class": {"import": {"T": {}}}},
    }
    with regenerated([value]) as package:
        models = importlib.import_module(f"{package}.models")
        reply = models.ListPipelineRunsStatusResponse.from_dict(value)

        [label] = reply.labels
        assert (models.Label, models.More) == (type(label), type(label.more))
        assert (datetime(2021, 1, 21, 17, 12, 35, tzinfo=UTC), {"a": 1}) == (label.more.at, label.more.raw_json())
        assert [[1], [2.5]] == [[cell.x for cell in row] for row in reply.grid]
        assert {"Size": 1} == reply.metadata["flow-1"]
        assert {"import": {"T": {}}} == reply.type_.class_.to_dict()
        assert value == reply.to_dict()


def test_a_new_field_named_almost_like_an_old_one_takes_nothing_from_it():
    value = shapes.sample()
    value["PipelineRuns"][0] |= {"status": "lower", "a b": 1, "a-b": 2, "class": "c", "Größe": 5, "to_dict": 6}
    with regenerated([value]) as package:
        models = importlib.import_module(f"{package}.models")
        run = models.ListPipelineRunsStatusResponse.from_dict(value).pipeline_runs[0]

        assert (models.PipelineRunStatus.RUNNING, 1, "c", 6) == (run.status, run.a_b, run.class_, run.to_dict_)
        assert {"status": "lower", "a-b": 2} == run.additional_properties


def test_a_status_that_was_observed_means_unknown_to_a_wait():
    with regenerated(drifted()) as package:
        models = importlib.import_module(f"{package}.models")
        outcomes = importlib.import_module(f"{package}.outcomes")

    assert "unknown" == outcomes.PIPELINE_RUN_STATUS[models.PipelineRunStatus.HIBERNATING]
    assert "unknown" == outcomes.NODE_STATUS[models.NodeStatus("running")]


def test_the_overlay_passes_our_own_lint(tmp_path):
    path = tmp_path / "900-drift.yaml"
    path.write_text(
        overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, value) for value in drifted()]), encoding="utf-8"
    )
    document = overlays.apply(OURS.document, _yaml.load_file(path))

    assert [] == [*lint.evidence_faults(_yaml.load_file(path)), *lint.invalid(document), *lint.example_faults(document)]
