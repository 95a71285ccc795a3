"""What a reply holds of something at a moment of its timeline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock.calls import NOW

from paiflow.mock.timeline import Timeline, first_backwards, timestamp

WIRE = {"PipelineRunId": "flow-1", "Name": "train"}

moments = st.integers(0, 30).map(float)
timelines = st.lists(st.tuples(moments, st.sampled_from("ABCD")), min_size=1, max_size=8).map(
    lambda entries: sorted(entries, key=lambda entry: entry[0])
)


@given(timelines, moments)
def test_the_status_at_a_moment_is_the_last_one_whose_time_has_come(statuses, now):
    expected = None
    for moment, status in statuses:
        if moment <= now:
            expected = {**WIRE, "Status": status}

    assert expected == Timeline(statuses=statuses).at(WIRE, now)


@given(timelines, st.lists(st.tuples(moments, moments), max_size=3), moments)
def test_it_is_there_from_its_first_status_on_except_while_it_is_absent(statuses, absences, now):
    there = now >= statuses[0][0] and not any(start <= now < end for start, end in absences)

    assert there == (Timeline(statuses=statuses, absences=absences).at(WIRE, now) is not None)


def test_without_a_life_it_is_there_and_stays_as_it_is():
    assert WIRE == Timeline().at(WIRE, 0)


def test_it_is_there_from_its_time_on():
    timeline = Timeline(since=10)

    assert [None, WIRE] == [timeline.at(WIRE, 9.9), timeline.at(WIRE, 10)]


def test_from_its_deletion_on_it_is_deleted_and_still_there():
    timeline = Timeline(deleted=10)

    assert [False, True] == [(timeline.at(WIRE, now) or {})["IsDeleted"] for now in (9.9, 10)]


@pytest.mark.parametrize(
    ("statuses", "started", "finished"),
    [
        ([(0, "Initialized")], None, None),
        ([(0, "Initialized"), (5, "Running")], 5, None),
        ([(0, "Running"), (5, "Suspended"), (9, "Running")], 0, None),
        ([(0, "Running"), (5, "Succeeded")], 0, 5),
        ([(0, "Running"), (5, "Failed"), (9, "Failed")], 0, 5),
        ([(0, "Running"), (5, "Failed"), (9, "Running")], 0, None),
        ([(0, "Running"), (5, "Failed"), (9, "Running"), (10, "Succeeded")], 0, 10),
        ([(0, "Starting"), (5, "Terminating"), (9, "Terminated")], None, 9),
        ([(3, "Succeeded")], 3, 3),
        ([(0, "Skipped")], None, None),
        ([(0, "Hibernating")], None, None),
    ],
)
def test_a_node_tells_when_it_started_and_finished_and_null_before(statuses, started, finished):
    shown = Timeline(statuses=[(NOW + after, status) for after, status in statuses], dated=True).at(WIRE, NOW + 60)

    expected = {"StartedAt": started, "FinishedAt": finished}
    assert shown is not None
    assert {name: None if after is None else timestamp(NOW + after) for name, after in expected.items()} == {
        name: shown[name] for name in expected
    }


def test_moments_are_written_as_the_service_does():
    assert "2025-09-15T08:30:00.250Z" == timestamp(NOW + 0.25)
    assert timestamp(None) is None


@given(st.lists(moments, max_size=6))
def test_times_are_in_order_or_the_first_that_is_not_is_named(times):
    index = first_backwards(times)

    assert (index is None) == (times == sorted(times))
    if index is not None:
        assert times[:index] == sorted(times[:index])
        assert times[index] < times[index - 1]
