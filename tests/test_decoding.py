"""Replies decode leniently, and are given back with nothing lost."""

import contextlib
import copy
import gc
import json
import pickle
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import attrs
import msgspec
import pytest
import rich
from hypothesis import given
from hypothesis import strategies as st

import paiflow
from paiflow import (
    ListPipelineRunsStatusResponse,
    NodeState,
    NodeStatus,
    OutputType,
    OutputValue,
    PipelineRunState,
    PipelineRunStatus,
)
from paiflow.status import batches
from paiflow_api import decoding

SAMPLE = json.loads(Path(__file__).with_name("data").joinpath("documented_sample.json").read_text(encoding="utf-8"))

FIELDS = {
    "PipelineRuns": ["PipelineRunId", "Status", "Name", "UserId", "ParentUserId", "NodeId", "SourceId", "IsDeleted"],
    "Nodes": (
        [
            "PipelineRunId",
            "NodeId",
            "Status",
            "InputArtifactArchived",
            "OutputArtifactArchived",
            "StartedAt",
            "FinishedAt",
            "NodeName",
        ]
    ),
    "Outputs": (
        [
            "Name",
            "Type",
            "Metadata",
            "GmtCreateTime",
            "Id",
            "Producer",
            "NodeId",
            "PipelineRunId",
            "Value",
            "ExpandedArtifactIndex",
            "ExpandableArtifactName",
        ]
    ),
}
EAST, WEST = timezone(timedelta(hours=5)), timezone(timedelta(hours=-5))
TIMES = {"StartedAt", "FinishedAt", "GmtCreateTime"}


def test_the_documented_sample_decodes_into_its_types():
    reply = ListPipelineRunsStatusResponse.from_dict(SAMPLE)
    [run], [node], [output] = reply.pipeline_runs, reply.nodes, reply.outputs

    assert reply.request_id == "473469C7-****-****-****-A3DC0DE3C83E"
    assert run.status is PipelineRunStatus.RUNNING
    assert run.user_id == run.parent_user_id == "1557702098194904"
    assert run.is_deleted is False
    assert node.status is NodeStatus.RUNNING
    assert node.started_at == datetime(2021, 1, 21, 17, 12, 35, 232000, tzinfo=UTC)
    assert node.started_at.tzinfo is UTC
    assert output.type_ is OutputType.DATASET
    assert output.metadata is not None
    assert output.metadata["test2"] == 1
    assert output.node_id == "node-obpzu*******418grb7\n"
    assert output.value_json()["location"]["endpoint"] == "http://service.odps.aliyun.com/api"
    assert [model.additional_properties for model in (reply, run, node, output)] == [{}, {}, {}, {}]


def test_the_documented_sample_is_given_back_to_the_letter():
    assert ListPipelineRunsStatusResponse.from_dict(SAMPLE).to_dict() == SAMPLE


@pytest.mark.parametrize("model", [PipelineRunState, NodeState, OutputValue, ListPipelineRunsStatusResponse])
def test_nothing_is_required(model):
    empty = model.from_dict({})

    assert empty.to_dict() == {}
    assert empty == model()


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_read_as_nothing_and_are_given_back(nothing):
    wire = {"StartedAt": nothing, "FinishedAt": nothing, "InputArtifactArchived": nothing}
    node = NodeState.from_dict(wire)

    assert (node.started_at, node.finished_at, node.input_artifact_archived) == (None, None, None)
    assert node.additional_properties == {}
    assert node.to_dict() == wire


@pytest.mark.parametrize(
    "text", ["2021-01-30T12:51:33.028Z\n", " 2021-01-30T20:51:33.028+08:00\r\n", "2021-01-30T12:51:33.028\n"]
)
def test_blanks_around_a_time_are_ignored_and_given_back(text):
    node = NodeState.from_dict({"StartedAt": text, "FinishedAt": f"{text}soon"})

    assert node.started_at == datetime(2021, 1, 30, 12, 51, 33, 28000, tzinfo=UTC)
    assert node.started_at.tzinfo is UTC
    assert node.finished_at is None
    assert node.to_dict() == {"StartedAt": text, "FinishedAt": f"{text}soon"}


def test_an_empty_text_is_a_text():
    assert PipelineRunState.from_dict({"Name": ""}).name == ""


def test_an_unknown_status_is_kept_as_text():
    run = PipelineRunState.from_dict({"Status": "Hibernating"})

    assert run.status == "Hibernating"
    assert not isinstance(run.status, PipelineRunStatus)
    assert run.to_dict() == {"Status": "Hibernating"}


def test_an_unknown_field_is_kept():
    run = PipelineRunState.from_dict({"Name": "n", "Priority": {"level": 3}})

    assert run.additional_properties == {"Priority": {"level": 3}}
    assert run["Priority"] == {"level": 3}
    assert "Priority" in run
    assert run.additional_keys == ["Priority"]
    assert run.to_dict() == {"Name": "n", "Priority": {"level": 3}}


@pytest.mark.parametrize(
    ("model", "field", "wire_name", "value"),
    [
        (PipelineRunState, "name", "Name", 7),
        (PipelineRunState, "status", "Status", ["Running"]),
        (PipelineRunState, "status", "Status", {"a": 1}),
        (PipelineRunState, "user_id", "UserId", 1.5),
        (PipelineRunState, "user_id", "UserId", True),
        (PipelineRunState, "is_deleted", "IsDeleted", "false"),
        (PipelineRunState, "is_deleted", "IsDeleted", 0),
        (NodeState, "started_at", "StartedAt", 1611249155232),
        (NodeState, "started_at", "StartedAt", "yesterday"),
        (NodeState, "started_at", "StartedAt", "2021-01-21"),
        (NodeState, "started_at", "StartedAt", "20210121T171235.1234567Z"),
        (NodeState, "started_at", "StartedAt", "2021-01-21_17:12:35Z"),
        (NodeState, "started_at", "StartedAt", "0001-01-01T00:00:00+10:00"),
        (NodeState, "started_at", "StartedAt", ["2021-01-21T17:12:35Z"]),
        (OutputValue, "type_", "Type", 1),
        (OutputValue, "metadata", "Metadata", "text"),
        (OutputValue, "expanded_artifact_index", "ExpandedArtifactIndex", True),
        (OutputValue, "expanded_artifact_index", "ExpandedArtifactIndex", "0"),
        (OutputValue, "value", "Value", {"a": 1}),
    ],
)
def test_a_value_of_the_wrong_kind_reads_none_and_stays(model, field, wire_name, value):
    decoded = model.from_dict({wire_name: value})

    assert getattr(decoded, field) is None
    assert decoded.additional_properties == {wire_name: value}
    assert decoded.to_dict() == {wire_name: value}


@pytest.mark.parametrize("value", ["text", 5, True, None, ""])
def test_something_else_where_a_list_is_due_reads_as_an_empty_list(value):
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": value})

    assert reply.nodes == []
    assert reply.to_dict() == {"Nodes": value}


def test_null_items_are_skipped_and_given_back():
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": [None, {"NodeId": "a"}, None]})

    assert [node.node_id for node in reply.nodes] == ["a"]
    assert reply.additional_properties == {}
    assert reply.to_dict() == {"Nodes": [None, {"NodeId": "a"}, None]}


@pytest.mark.parametrize("other", [None, 5, True, "x", "eight xx"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_object_is_skipped_wherever_it_is(place, other):
    nodes = [SAMPLE["Nodes"][0], {"NodeId": "a"}]
    nodes.insert(place, other)
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": nodes})

    assert [SAMPLE["Nodes"][0]["NodeId"], "a"] == [node.node_id for node in reply.nodes]
    assert reply.to_dict() == {"Nodes": nodes}


@pytest.mark.parametrize("nodes", [[5, {}, []], [{}, []], [[], {}]])
def test_a_list_among_the_items_is_refused_wherever_it_is(nodes):
    with pytest.raises(TypeError, match=r"^ListPipelineRunsStatusResponse\.Nodes: an object is due, not a list$"):
        ListPipelineRunsStatusResponse.from_dict({"Nodes": nodes})


def test_items_of_the_wrong_kind_are_skipped_and_stay():
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": [5, {"NodeId": "a"}]})

    assert [node.node_id for node in reply.nodes] == ["a"]
    assert reply.additional_properties == {"Nodes": [5, {"NodeId": "a"}]}
    assert reply.to_dict() == {"Nodes": [5, {"NodeId": "a"}]}


@pytest.mark.parametrize(
    "wire",
    [
        {"PipelineRuns": {}},
        {"Nodes": {"NodeId": "a"}},
        {"Nodes": [["a"]]},
        {"Outputs": [{"Metadata": []}]},
        {"Outputs": [{"Metadata": ["a"]}]},
    ],
)
def test_a_list_where_an_object_is_due_or_the_reverse_is_refused(wire):
    with pytest.raises(TypeError, match=r"(PipelineRuns|Nodes|Metadata): (a list|an object) is due, not"):
        ListPipelineRunsStatusResponse.from_dict(wire)


@pytest.mark.parametrize("value", [[], [{}], "text", 5, None, True])
def test_a_reply_that_is_not_an_object_is_refused(value):
    with pytest.raises(TypeError, match="ListPipelineRunsStatusResponse: an object is due, not"):
        ListPipelineRunsStatusResponse.from_dict(value)


@pytest.mark.parametrize(
    ("text", "moment", "given_back"),
    [
        ("2021-01-21T17:12:35Z", datetime(2021, 1, 21, 17, 12, 35, tzinfo=UTC), "2021-01-21T17:12:35Z"),
        ("2021-01-21T17:12Z", datetime(2021, 1, 21, 17, 12, tzinfo=UTC), "2021-01-21T17:12:00Z"),
        ("2021-01-21t17:12:35z", datetime(2021, 1, 21, 17, 12, 35, tzinfo=UTC), "2021-01-21T17:12:35Z"),
        ("2021-01-21T17:12:35.1Z", datetime(2021, 1, 21, 17, 12, 35, 100000, tzinfo=UTC), "2021-01-21T17:12:35.100Z"),
        (
            "2021-01-21T17:12:35.000001Z",
            datetime(2021, 1, 21, 17, 12, 35, 1, tzinfo=UTC),
            "2021-01-21T17:12:35.000001Z",
        ),
        ("2021-01-22T01:12:35.232+08:00", datetime(2021, 1, 21, 17, 12, 35, 232000, UTC), "2021-01-21T17:12:35.232Z"),
        ("2021-01-21T17:12:35", datetime(2021, 1, 21, 17, 12, 35, tzinfo=UTC), "2021-01-21T17:12:35Z"),
        (
            "2021-01-21T17:12:35.1234567Z",
            datetime(2021, 1, 21, 17, 12, 35, 123456, UTC),
            "2021-01-21T17:12:35.1234567Z",
        ),
        (
            "2021-01-22T01:12:35.123456789+08:00",
            datetime(2021, 1, 21, 17, 12, 35, 123456, UTC),
            "2021-01-21T17:12:35.123456789Z",
        ),
        (
            "2021-01-21T17:12:35.1234567",
            datetime(2021, 1, 21, 17, 12, 35, 123456, UTC),
            "2021-01-21T17:12:35.1234567Z",
        ),
        (
            "2021-01-21T171235,1234567",
            datetime(2021, 1, 21, 17, 12, 35, 123456, UTC),
            "2021-01-21T17:12:35.1234567Z",
        ),
        (
            "2021-01-21T171235.1234567Z",
            datetime(2021, 1, 21, 17, 12, 35, 123456, UTC),
            "2021-01-21T17:12:35.1234567Z",
        ),
        (
            "2021-01-21T17:12:35.1234560Z",
            datetime(2021, 1, 21, 17, 12, 35, 123456, UTC),
            "2021-01-21T17:12:35.123456Z",
        ),
        (
            "2021-01-21T22:42:50+05:30:15.1234567",
            datetime(2021, 1, 21, 17, 12, 34, 876544, UTC),
            "2021-01-21T17:12:34.876544Z",
        ),
    ],
)
def test_times_are_read_as_instants_in_utc_and_given_back_with_z(text, moment, given_back):
    node = NodeState.from_dict({"StartedAt": text})

    assert node.started_at == moment
    assert node.started_at.tzinfo is UTC
    assert node.to_dict() == {"StartedAt": given_back}


@pytest.mark.parametrize(
    ("wire", "digits"), [(1557702098194904, "1557702098194904"), (10**30, str(10**30)), (5.0, "5"), ("007", "007")]
)
def test_an_account_id_reads_as_its_digits_and_is_given_back_as_it_came(wire, digits):
    run = PipelineRunState.from_dict({"UserId": wire})

    assert run.user_id == digits
    assert type(run.to_dict()["UserId"]) is type(wire)
    assert run.to_dict() == {"UserId": wire}


@pytest.mark.parametrize("wire", [1.0, -0.0, 0.0, 1e22, 10**30, 0, 1, True, False, 2.5, [1.0], None, ""])
@pytest.mark.parametrize("field", ["ExpandedArtifactIndex", "Id", "New"])
def test_a_number_is_given_back_as_it_came(field, wire):
    output = OutputValue.from_dict({field: wire})

    assert json.dumps(output.to_dict()) == json.dumps({field: wire})


@pytest.mark.parametrize("read", [decoding.integer, decoding.text_or_digits, decoding.number])
def test_numbers_in_a_list_are_given_back_as_they_came(read):
    @attrs.define
    class Counts(decoding.Reply):
        _FIELDS = {"Counts": "counts"}  # noqa: RUF012 - as in generated models
        counts: list = attrs.field(factory=list)

    wire = {"Counts": [1, 2.0, -0.0, 10**30, 7]}
    reply = Counts(decoding.values(wire["Counts"], read, ""))
    reply.additional_properties = decoding.rest_of(reply, wire)

    assert json.dumps(reply.to_dict()) == json.dumps(wire)


def test_a_changed_number_wins_over_an_equal_one_of_another_kind():
    output = OutputValue.from_dict({"ExpandedArtifactIndex": 1.0})
    output.expanded_artifact_index = True

    assert output.to_dict() == {"ExpandedArtifactIndex": True}


def test_an_instant_that_utc_has_no_year_for_keeps_its_offset():
    first, last = datetime(1, 1, 1, tzinfo=EAST), datetime(9999, 12, 31, 23, 59, 59, 1000, tzinfo=WEST)
    wire = NodeState(started_at=first, finished_at=last).to_dict()

    assert wire == {"StartedAt": "0001-01-01T00:00:00+05:00", "FinishedAt": "9999-12-31T23:59:59.001-05:00"}
    assert NodeState.from_dict(wire).to_dict() == wire


def test_a_copy_with_changes_keeps_what_was_sent():
    run = PipelineRunState.from_dict({"UserId": 5, "NodeId": None, "Name": "n", "New": 1})
    changed = attrs.evolve(run, name="m")

    assert changed.to_dict() == {"UserId": 5, "NodeId": None, "Name": "m", "New": 1}
    assert run.to_dict() == {"UserId": 5, "NodeId": None, "Name": "n", "New": 1}


def test_a_list_of_nulls_holds_nothing_and_is_given_back():
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": [None]})

    assert reply.nodes == []
    assert reply.additional_properties == {}
    assert reply.to_dict() == {"Nodes": [None]}


@pytest.mark.parametrize("sent", [[5, {"NodeId": "a"}], [None, {"NodeId": "a"}], [{"NodeId": "a"}]])
def test_a_changed_list_wins_over_what_was_sent(sent):
    longer, other, emptied = (ListPipelineRunsStatusResponse.from_dict({"Nodes": sent}) for _ in range(3))
    longer.nodes.append(NodeState(node_id="b"))
    other.nodes[0].node_id = "c"
    emptied.nodes.clear()

    assert longer.to_dict() == {"Nodes": [{"NodeId": "a"}, {"NodeId": "b"}]}
    assert other.to_dict() == {"Nodes": [{"NodeId": "c"}]}
    assert emptied.to_dict() == {}


def test_a_list_that_is_filled_wins_over_what_was_sent():
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": [5]})
    reply.nodes = [NodeState(node_id="a")]

    assert reply.to_dict() == {"Nodes": [{"NodeId": "a"}]}


def test_a_changed_field_wins_over_what_was_sent():
    run = PipelineRunState.from_dict({"UserId": 5, "NodeId": None, "Name": 7})
    run.user_id, run.node_id, run.name = "6", "node-a", "n"

    assert run.to_dict() == {"UserId": "6", "NodeId": "node-a", "Name": "n"}


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ('{"name": "m"}', {"name": "m"}),
        (r"{\"name\": \"m\"}", {"name": "m"}),
        (r"{\"path\": \"C:\\\\x\"}", {"path": r"C:\x"}),
        (r'"{\"name\": \"m\"}"', {"name": "m"}),
        ('"plain"', "plain"),
        ("[1, 2]", [1, 2]),
        ("12.5", 12.5),
        ("null", None),
        ("", None),
        ("accuracy was 0.9", None),
        ("NaN", None),
        ('{"a": NaN}', None),
        ('{"a": 1} and more', None),
        ("[" * 100_000, None),
        ("9" * 5000, None),
        (None, None),
    ],
)
def test_a_value_parses_as_json_through_one_more_unescape_or_not_at_all(value, parsed):
    assert OutputValue(value=value).value_json() == parsed


PARSERS = pytest.mark.parametrize("parser", [None, msgspec], ids=["json", "msgspec"])


@contextlib.contextmanager
def parsing_by(parser):
    """Within this, JSON is parsed by msgspec, or as without it."""
    before = decoding._fast_parser
    decoding._fast_parser = lambda: parser
    try:
        yield
    finally:
        decoding._fast_parser = before


def test_msgspec_parses_where_it_is_installed_and_is_not_loaded_before():
    script = "import sys, paiflow; before = 'msgspec' in sys.modules; paiflow.NodeState.from_json(b'{}'); print(before, 'msgspec' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "False True\n"


@PARSERS
@pytest.mark.parametrize("content", [b"{} x", b"NaN", b'{"a": Infinity}', b"", b"<html>", b"\xff\xfe\xfd", b"9" * 5000])
def test_what_is_not_strict_json_is_refused(parser, content):
    with parsing_by(parser), pytest.raises(ValueError, match=r"JSON|value|char|decode|digit|data|codec"):
        decoding.read_json(content)


@PARSERS
def test_what_nests_without_end_is_refused(parser):
    with parsing_by(parser), pytest.raises(RecursionError):
        decoding.read_json(b"[" * 100_000 + b"]" * 100_000)


@PARSERS
def test_each_object_is_decoded_once_however_deep_lists_nest_with_more_than_objects_in_them(parser, monkeypatch):
    decoded = []
    unfilled = decoding.unfilled
    monkeypatch.setattr(
        decoding, "unfilled", lambda model, sources: decoded.extend(sources) or unfilled(model, sources)
    )
    details = {"Metadata": {"NodeId": "node-a"}}
    for _ in range(8):
        details = {"Spec": {"Pipelines": [details, 1]}}
    with parsing_by(parser):
        reply = paiflow.GetPipelineRunNodeResponse.from_json(json.dumps(details).encode())

    assert details == reply.to_dict()
    assert 18 == len(decoded)  # the reply, 8 times Spec, 8 times an entry of Pipelines, Metadata


@PARSERS
@pytest.mark.parametrize(
    "text",
    [
        '{"a": "\\ud800", "b": "\\ud83d\\ude00"}',
        '{"a": 1, "a": 2}',
        "[-0, -0.0, 0.1, 1e400, -1e400, 1e-400, 5e-324, 12345678901234567890, 18446744073709551616, -9223372036854775809]",
        "[1.7976931348623157e308, 2.2250738585072014e-308, 9007199254740993, 9007199254740993.0, 1E5, 1e5]",
        f"[{'9' * 400}, 0.{'1' * 400}]",
        '{"": "", "\\u0000": "\\u007f/\\/"}',
        " \t\r\n[null, true, false] ",
        '"Größe 龙 \U0001f600"',
    ],
)
def test_json_means_the_same_by_each_parser(parser, text):
    expected = json.loads(text)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        content = text.encode(encoding)
        with parsing_by(parser):
            assert repr(decoding.read_json(content)) == repr(expected)


def test_the_collector_of_garbage_rests_while_a_reply_is_decoded(monkeypatch):
    """From the first byte to the last model, whichever way it came."""
    running = []

    def read(model, content):
        running.append(gc.isenabled())
        return {}

    monkeypatch.setattr(decoding, "read_reply", read)
    monkeypatch.setattr(decoding, "rest_of", lambda *_: running.append(gc.isenabled()) or {})
    ListPipelineRunsStatusResponse.from_json(b"{}")
    ListPipelineRunsStatusResponse.from_dict({"New": 1})

    assert running == [False, False]


def test_a_usual_reply_is_parsed_into_structs(monkeypatch):
    """Some fields may be absent, times and statuses unusual; but not a field unknown, or a value of another type."""

    def read(content):
        raise AssertionError

    monkeypatch.setattr(decoding, "read_json", read)
    run, node = SAMPLE["PipelineRuns"][0], {"Status": "Hibernating", "StartedAt": None, "FinishedAt": "yesterday"}
    wire = {**SAMPLE, "PipelineRuns": [run, {"PipelineRunId": "a"}, {**run, "UserId": "007"}], "Nodes": [node]}

    assert ListPipelineRunsStatusResponse.from_json(json.dumps(wire).encode()).to_dict() == wire
    for unusual in ({"New": 1}, {"PipelineRuns": [{"Name": None}]}, {"Nodes": [None]}, {"Nodes": {}}):
        with pytest.raises(AssertionError):
            ListPipelineRunsStatusResponse.from_json(json.dumps({**wire, **unusual}).encode())


def usually(wire):
    """A value of the kind that the field of a sample holds, now and then absent; or a list of objects of such."""
    if isinstance(wire, dict):
        return st.fixed_dictionaries({}, optional={name: usually(value) for name, value in wire.items()})
    if isinstance(wire, list):
        return st.lists(usually(wire[0]), max_size=3)
    kinds = {bool: st.booleans(), int: st.integers() | st.text(max_size=3), str: texts}
    return kinds[type(wire)]


@given(st.deferred(lambda: usually(SAMPLE)))
def test_a_usual_reply_decodes_to_the_same_by_each_parser(wire):
    content = json.dumps(wire).encode()
    found = []
    for parser in (None, msgspec):
        with parsing_by(parser):
            found.append(ListPipelineRunsStatusResponse.from_json(content))

    assert found[0] == found[1]
    assert json.dumps(found[0].to_dict()) == json.dumps(found[1].to_dict())
    check_types(found[1])


@pytest.mark.parametrize(
    "wire",
    [
        {"RequestId": "R", "PipelineRuns": [{}], "Nodes": [], "Outputs": [], "New": 1},
        {"Nodes": [], "Outputs": []},
        {"Nodes": [], "PipelineRuns": [], "RequestId": None},
        {"Nodes": [], "New": []},
    ],
)
def test_an_empty_list_is_given_back(wire):
    assert ListPipelineRunsStatusResponse.from_dict(wire).to_dict() == wire


def test_the_collector_of_garbage_is_left_as_it_was():
    ListPipelineRunsStatusResponse.from_json(b"{}")
    assert gc.isenabled()
    with pytest.raises(TypeError):
        ListPipelineRunsStatusResponse.from_json(b"[]")
    assert gc.isenabled()
    gc.disable()
    try:
        ListPipelineRunsStatusResponse.from_json(b"{}")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("enabled", "threshold", "looks"), [(True, 700, [0]), (True, 0, []), (False, 700, [])])
def test_the_collector_of_garbage_looks_at_many_models_once_if_it_would_without_this(enabled, threshold, looks):
    content = json.dumps({"PipelineRuns": SAMPLE["PipelineRuns"] * 1000}).encode()
    seen = []

    def look(phase, info):
        if phase == "start" and not gc.isenabled():  # while it rests
            seen.append(info["generation"])

    before = gc.get_threshold()
    gc.callbacks.append(look)
    gc.set_threshold(threshold, *before[1:])
    try:
        if not enabled:
            gc.disable()
        with parsing_by(None):
            ListPipelineRunsStatusResponse.from_json(content)
    finally:
        gc.enable()
        gc.set_threshold(*before)
        gc.callbacks.remove(look)

    assert looks == seen


def test_the_collector_of_garbage_stays_enabled_when_another_thread_enables_it_meanwhile(monkeypatch):
    monkeypatch.setattr(gc, "isenabled", lambda: False)
    ListPipelineRunsStatusResponse.from_json(b"{}")
    monkeypatch.undo()

    assert gc.isenabled()


def test_unexpected_values_show_in_the_repr_and_count_in_a_comparison():
    run = PipelineRunState.from_dict({"Name": "n", "New": 1})

    assert repr(run).startswith("PipelineRunState(pipeline_run_id=None, status=None, name='n', ")
    assert repr(run).endswith(", additional_properties={'New': 1})")
    assert run == PipelineRunState(name="n", additional_properties={"New": 1})
    assert run != PipelineRunState(name="n")
    assert PipelineRunState(name="n", additional_properties={}) == PipelineRunState(name="n")


def test_additional_properties_of_one_model_are_not_those_of_another():
    first, second = PipelineRunState.from_dict({}), PipelineRunState.from_dict({})
    first.additional_properties["New"] = 1

    assert first.to_dict() == {"New": 1}
    assert second.additional_properties == {}
    assert second.additional_properties is second.additional_properties


def test_additional_properties_can_be_deleted():
    run = PipelineRunState.from_dict({"Name": "n", "New": 1})
    del run.additional_properties

    assert run.to_dict() == {"Name": "n"}
    assert run.additional_properties == {}


def test_what_fields_cannot_hold_stays_as_it_came_when_they_are_changed_before_it_is_looked_at():
    sample = SAMPLE["Nodes"][0] | {"StartedAt": None, "NodeName": ["n"], "New": 1}
    for parser in (None, msgspec):
        with parsing_by(parser):
            (node,) = ListPipelineRunsStatusResponse.from_json(json.dumps({"Nodes": [sample]}).encode()).nodes
        node.status, node.node_name = "Mine", "mine"

        assert node.additional_properties == {"NodeName": ["n"], "New": 1}
        assert node.to_dict() == sample | {"Status": "Mine", "NodeName": "mine"}


def test_what_was_decoded_does_not_change_with_its_source():
    nodes = [
        SAMPLE["Nodes"][0] | rest for rest in ({"FinishedAt": None}, {"New": 1}, {"NodeName": ["n"]}, {"Status": 5})
    ]
    sent = copy.deepcopy(nodes)
    reply = ListPipelineRunsStatusResponse.from_dict({"Nodes": nodes})
    for node in nodes:
        node.clear()

    assert reply.to_dict() == {"Nodes": sent}


@PARSERS
@pytest.mark.parametrize(
    "first", [{}, {"StartedAt": None, "FinishedAt": None}, {"New": 1}, {"Other": 2}, {"New": 1, "FinishedAt": None}]
)
@pytest.mark.parametrize(
    "second", [{}, {"FinishedAt": None}, {"New": 3}, {"New": 3, "Other": 4}, {"New": 3, "FinishedAt": None}]
)
def test_new_fields_and_nulls_of_some_objects_of_a_list_are_kept(parser, first, second):
    nodes = [SAMPLE["Nodes"][0] | first, SAMPLE["Nodes"][0] | second]
    with parsing_by(parser):
        reply = ListPipelineRunsStatusResponse.from_json(json.dumps({"Nodes": nodes}).encode())

    new = [{name: value for name, value in rest.items() if value is not None} for rest in (first, second)]
    assert [node.additional_properties for node in reply.nodes] == new
    assert reply.to_dict() == {"Nodes": nodes}


def test_what_was_put_in_the_place_of_additional_properties_wins_over_what_came():
    run = PipelineRunState.from_dict({"Name": None, "New": 1})
    run.additional_properties = {"Mine": 2}

    assert run.to_dict() == {"Mine": 2}


ODD_TIMES = ["2021-01-21T17:12:35+01:00", "2021-01-21 17:12:35", "2021-01-21x17:12:35Z", "2021-01-21T17:12:35.1234567Z"]


@pytest.mark.parametrize("odd", [None, "", " ", *ODD_TIMES, 0, 1, 2**70, 1.0, True, False, [], [1], {}, {"a": 1}])
@pytest.mark.parametrize(
    ("model", "wire"), [(NodeState, SAMPLE["Nodes"][0]), (PipelineRunState, SAMPLE["PipelineRuns"][0])]
)
def test_an_odd_value_reads_alike_in_a_whole_object_and_in_one_with_more_or_less(model, wire, odd):
    for name in wire:
        sent = {**wire, name: odd}
        whole = model.from_dict(sent)
        more = model.from_dict({**sent, "New": 1})
        alone = model.from_dict({name: odd})
        attribute = model._FIELDS[name]

        assert getattr(whole, attribute) == getattr(more, attribute) == getattr(alone, attribute)
        assert {**whole.additional_properties, "New": 1} == more.additional_properties
        assert whole.additional_properties == alone.additional_properties
        assert json.dumps(whole.to_dict() | {"New": 1}) == json.dumps(more.to_dict())
        assert json.dumps(whole.to_dict()[name]) == json.dumps(alone.to_dict()[name])


def test_many_account_ids_are_remembered_within_limits(monkeypatch):
    monkeypatch.setattr(decoding, "_MOST_KNOWN", len(decoding.KNOWN_DIGITS) + 1)
    sent = [{"UserId": 10**18 + number} for number in range(3)]
    runs = PipelineRunState.from_list(sent)

    assert [run.user_id for run in runs] == [str(wire["UserId"]) for wire in sent]
    assert [run.to_dict() for run in runs] == sent
    assert len(decoding.KNOWN_DIGITS) == decoding._MOST_KNOWN


def test_replies_can_be_copied_and_pickled():
    reply = ListPipelineRunsStatusResponse.from_dict({**SAMPLE, "New": 1, "Nodes": [None]})

    for twin in (copy.deepcopy(reply), pickle.loads(pickle.dumps(reply))):
        assert reply == twin
        assert reply.to_dict() == twin.to_dict()


@pytest.mark.parametrize(
    "kind",
    [
        paiflow.PaiFlow,
        paiflow.AsyncPaiFlow,
        paiflow.PipelineRunState,
        ListPipelineRunsStatusResponse,
        paiflow.StatusReport,
        paiflow.WaitResult,
        paiflow.Throttled,
        paiflow.UnexpectedReply,
        batches.Found,
    ],
)
def test_what_is_half_made_can_be_shown(kind):
    """As a debugger does, or a traceback with its variables, when its making has failed."""
    assert kind.__name__.lower() in repr(kind.__new__(kind)).lower() or kind is batches.Found


# Everything that JSON can say, and much of what a field is likely to hold.
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["Running", "Succeeded", "DataSet", "2021-01-21T17:12:35.232Z", "2021-01-21T17:12:35+08:00", "1"]),
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts, st.just("")
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)


def objects(names):
    """Objects with any of these fields, and others, holding anything."""
    known = st.dictionaries(st.sampled_from(names), values, max_size=len(names))
    return st.builds(lambda fields, others: {**others, **fields}, known, st.dictionaries(texts, values, max_size=2))


replies = st.builds(
    lambda fields, others: {**others, **fields},
    st.fixed_dictionaries(
        {},
        optional={
            "RequestId": values,
            **{name: st.lists(objects(fields) | scalars, max_size=4) | scalars for name, fields in FIELDS.items()},
        },
    ),
    st.dictionaries(texts, values, max_size=2),
)


def containers_fit(wire):
    """Whether no list stands where an object is due, and the reverse: by the description, not by the code."""
    for name in FIELDS:
        if isinstance(wire.get(name), dict):
            return False
        for item in wire[name] if isinstance(wire.get(name), list) else []:
            if isinstance(item, list):
                return False
            if name == "Outputs" and isinstance(item, dict) and isinstance(item.get("Metadata"), list):
                return False
    return True


def with_instants(wire):
    """The reply with its times as instants, where they are some, so that equal instants compare equal."""

    def field(name, value):
        return (decoding.timestamp(value) or value) if name in TIMES else value

    def item(value):
        return {name: field(name, inner) for name, inner in value.items()} if isinstance(value, dict) else value

    return {
        name: [item(entry) for entry in value] if name in FIELDS and isinstance(value, list) else value
        for name, value in wire.items()
    }


@given(replies)
def test_any_mangled_reply_decodes_or_is_refused_for_its_containers_only(wire):
    before = copy.deepcopy(wire)
    if not containers_fit(wire):
        with pytest.raises(TypeError):
            ListPipelineRunsStatusResponse.from_dict(wire)
        return
    reply = ListPipelineRunsStatusResponse.from_dict(wire)

    assert with_instants(before) == with_instants(reply.to_dict())
    assert before == wire
    check_types(reply)


@PARSERS
@given(wire=replies, ascii_only=st.booleans())
def test_any_mangled_reply_decodes_from_its_bytes_as_from_its_values(parser, wire, ascii_only):
    content = json.dumps(wire, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    with parsing_by(parser):
        if not containers_fit(wire):
            with pytest.raises(TypeError):
                ListPipelineRunsStatusResponse.from_json(content)
            return
        reply = ListPipelineRunsStatusResponse.from_json(content)

    assert repr(ListPipelineRunsStatusResponse.from_dict(json.loads(content)).to_dict()) == repr(reply.to_dict())
    check_types(reply)


@given(st.one_of(values.map(json.dumps).map(str.encode), st.binary(max_size=40)), st.data())
def test_any_bytes_are_the_same_json_by_each_parser_or_none(content, data):
    content = data.draw(st.one_of(st.just(content), st.permutations(content).map(bytes), st.just(content[:-1])))
    results = []
    for parser in (None, msgspec):
        with parsing_by(parser):
            try:
                results.append(repr(decoding.read_json(content)))
            except ValueError as error:
                results.append(str(error))

    assert results[0] == results[1]


def check_types(reply):
    """Every field holds what its annotation says."""
    text, flag, moment = str | None, bool | None, datetime | None
    assert isinstance(reply.request_id, text)
    for run in reply.pipeline_runs:
        for name in ("pipeline_run_id", "status", "name", "user_id", "parent_user_id", "node_id", "source_id"):
            assert isinstance(getattr(run, name), text)
        assert isinstance(run.is_deleted, flag)
    for node in reply.nodes:
        for name in ("pipeline_run_id", "node_id", "status", "node_name"):
            assert isinstance(getattr(node, name), text)
        for when in (node.started_at, node.finished_at):
            assert isinstance(when, moment)
            assert when is None or when.tzinfo is UTC
    for output in reply.outputs:
        assert output.expanded_artifact_index is None or type(output.expanded_artifact_index) is int
        assert isinstance(output.gmt_create_time, moment)
        assert isinstance(output.value, text)
        output.value_json()


@given(st.text())
def test_any_text_is_a_value_without_an_error(text):
    OutputValue(value=text).value_json()


@given(st.datetimes(timezones=st.timezones()))
def test_every_instant_survives_its_text(moment):
    """Differences, because Python calls a time that its zone skips or repeats unequal to any in another zone."""
    text = decoding.timestamp_text(moment)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    assert moment - epoch == datetime.fromisoformat(text) - epoch
    assert text.endswith("Z") or decoding.timestamp(text) is None


@pytest.mark.parametrize("name", [name for name in paiflow.__all__ if attrs.has(getattr(paiflow, name))])
def test_no_way_of_printing_shows_private_fields(name):
    kind = getattr(paiflow, name)
    private = [field.name for field in attrs.fields(kind) if field.name.startswith("_")]

    assert [] == private or kind is paiflow.Credentials  # those are hidden


def test_a_reply_prints_as_its_fields(capsys):
    wire = {"PipelineRunId": "flow-a", "UserId": 7.0, "Queue": "night", "Name": ""}
    run = PipelineRunState.from_dict(wire)
    rich.print(run)
    names = [*PipelineRunState._FIELDS.values(), "additional_properties"]

    assert {"Queue": "night"} == attrs.asdict(run)["additional_properties"]
    assert sorted(names) == sorted(attrs.asdict(run))
    assert names == re.findall(r"^ +(\w+)=", capsys.readouterr().out, re.MULTILINE)
    assert wire == attrs.evolve(run, node_id=None).to_dict() == run.to_dict()
