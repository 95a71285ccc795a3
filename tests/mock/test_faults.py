"""Which calls a fault strikes, and how it is asked for."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock.calls import NOW

from paiflow.mock import FaultError, parse_fault
from paiflow.mock.fault_kinds import KINDS
from paiflow.mock.faults import Faults
from paiflow.mock.http_messages import Delivery

RESET = Delivery(reset=True)


def struck(faults, calls):
    """Which of so many calls, counted from 1, are struck by a reset."""
    return [call for call in range(1, calls + 1) if faults.strike(NOW).delivery.reset]


def of(**settings):
    faults = Faults()
    faults.add("reset", **settings)
    return faults


@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"times": 2}, [1, 2]),
        ({"every": 3}, [3, 6, 9]),
        ({"every": 3, "times": 2}, [3, 6]),
        ({"rate": 1}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"every": 10}, []),
    ],
)
def test_a_fault_strikes_each_call_or_every_so_many_or_so_often(settings, calls):
    assert calls == struck(of(**settings), 9)


def test_a_rate_strikes_the_same_calls_each_time_and_others_with_another_seed():
    first, again, default, other = (
        struck(of(rate=0.3, **seed), 1000) for seed in ({"seed": 7}, {"seed": 7}, {}, {"seed": 0})
    )

    assert first == again
    assert first != default == other
    assert 250 < len(first) < 350


@given(st.floats(0.01, 1), st.integers(), st.integers(1, 5))
def test_a_limit_takes_the_first_of_those_that_a_rate_strikes(rate, seed, times):
    unlimited = struck(of(rate=rate, seed=seed), 50)

    assert unlimited[:times] == struck(of(rate=rate, seed=seed, times=times), 50)


def test_a_fault_counts_from_when_it_was_added():
    faults = Faults()
    assert [] == struck(faults, 5)

    faults.add("reset", times=1)

    assert [1] == struck(faults, 5)


def test_a_fault_tells_how_many_calls_it_has_seen_and_struck():
    faults = Faults()
    fault = faults.add("reset", every=2)

    struck(faults, 5)

    assert ("reset", 5, 2) == (fault.name, fault.calls, fault.strikes)


def test_a_with_ends_its_fault_and_no_other():
    faults = Faults()
    faults.add("reset")
    with faults.add("slow"):
        assert 30 == faults.strike(NOW).delivery.delay

    assert RESET == faults.strike(NOW).delivery


def test_clearing_ends_all():
    faults = Faults()
    fault = faults.add("reset")

    faults.clear()
    faults.remove(fault)

    assert [] == struck(faults, 3)


def test_threads_share_a_fault_s_count():
    faults = of(times=100)
    hits = []

    def call():
        hits.extend(struck(faults, 100))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 100 == len(hits)


def test_faults_that_strike_the_same_call_add_up():
    faults = Faults()
    faults.add("bad-gateway")
    faults.add("throttling")
    faults.add("slow", delay=3)
    faults.add("slow", delay="4s")
    faults.add("drip", gap=2, piece_bytes=7)
    faults.add("clock-skew", by=60)
    faults.add("clock-skew", by=-20)
    faults.add("truncated")
    faults.add("unknown-status", status="A")
    faults.add("unknown-status", status="B")
    effect = faults.strike(NOW)

    assert 502 == effect.instead.status
    assert Delivery(delay=7, gap=2, piece_bytes=7, truncated=True) == effect.delivery
    assert 40 == effect.skew
    assert {"Nodes": [{"Status": "B"}]} == effect.change({"Nodes": [{}]})


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("slwo", {}, f"there is no fault 'slwo': known are {', '.join(KINDS)}; did you mean slow?"),
        (
            "slow",
            {"dely": 1},
            "fault 'slow': there is no setting 'dely': known are delay, rate, seed, every, times, operation; did you mean delay?",
        ),
        ("slow", {"delay": "x"}, "fault 'slow': delay: 'x' is not a duration, such as 500ms, 5s, 2m or 1h30m"),
        ("slow", {"rate": 0}, "fault 'slow': rate: 0 is not a number above 0, up to 1"),
        ("slow", {"rate": 1.1}, "fault 'slow': rate: 1.1 is not a number above 0, up to 1"),
        ("slow", {"rate": True}, "fault 'slow': rate: True is not a number above 0, up to 1"),
        ("slow", {"rate": float("nan")}, "fault 'slow': rate: nan is not a number above 0, up to 1"),
        ("slow", {"seed": 0.5}, "fault 'slow': seed: 0.5 is not a whole number"),
        ("slow", {"every": 0}, "fault 'slow': every: 0 is not a whole number from 1 on"),
        ("slow", {"times": "2"}, "fault 'slow': times: '2' is not a whole number from 1 on"),
        ("slow", {"times": True}, "fault 'slow': times: True is not a whole number from 1 on"),
        ("slow", {"rate": 0.5, "every": 2}, "fault 'slow': rate and every exclude each other"),
        ("drip", {"piece_bytes": 0}, "fault 'drip': piece_bytes: 0 is not a whole number from 1 on"),
        ("throttling", {"status": 401}, "fault 'throttling': status: 401 is not one of 400, 429"),
        ("throttling", {"form": "days"}, "fault 'throttling': form: 'days' is not one of ms, s, date"),
        ("throttling", {"form": []}, "fault 'throttling': form: [] is not one of ms, s, date"),
        ("clock-skew", {"by": "-x"}, "fault 'clock-skew': by: '-x' is not a duration, such as 20m or -20m"),
        ("clock-skew", {"by": True}, "fault 'clock-skew': by: True is not a duration, such as 20m or -20m"),
        ("unknown-status", {"status": ""}, "fault 'unknown-status': status: '' is not text"),
    ],
)
def test_a_fault_that_cannot_be_is_one_clear_error(name, settings, reason):
    faults = Faults()

    with pytest.raises(FaultError) as caught:
        faults.add(name, **settings)

    assert reason == str(caught.value)
    assert [] == struck(faults, 1)


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("reset", "reset", {}),
        ("slow:delay=30s,every=5", "slow", {"delay": "30s", "every": 5}),
        ("throttling:rate=0.1,form=date", "throttling", {"rate": 0.1, "form": "date"}),
        ("clock-skew:by=-20m", "clock-skew", {"by": "-20m"}),
    ],
)
def test_a_fault_is_written_as_a_name_and_its_settings(text, name, settings):
    assert (name, settings) == parse_fault(text)
    Faults().add(name, **settings)


@pytest.mark.parametrize(
    "text", ["slow:", "slow:delay", "slow:delay=", "slow:=5", "slow:delay=1,", "slow:delay=1,delay=2"]
)
def test_a_fault_written_otherwise_is_an_error_that_quotes_it(text):
    with pytest.raises(FaultError) as caught:
        parse_fault(text)
    assert f"a fault is NAME or NAME:SETTING=VALUE,SETTING=VALUE, not {text!r}" == str(caught.value)


def test_a_fault_of_one_operation_strikes_and_counts_no_other_calls():
    faults = Faults(["GetPipelineRun", "ListPipelineRuns"])
    faults.add("reset", operation="GetPipelineRun", every=2)

    calls = ["GetPipelineRun", "ListPipelineRuns", None, "ListPipelineRuns", "GetPipelineRun", "GetPipelineRun"]

    assert [4] == [index for index, action in enumerate(calls) if faults.strike(NOW, action).delivery.reset]


def test_a_fault_of_an_operation_that_is_not_there_is_one_clear_error():
    with pytest.raises(
        FaultError, match=r"fault 'reset': there is no operation 'Get': known are GetPipelineRun"
    ) as caught:
        Faults(["GetPipelineRun"]).add("reset", operation="Get")

    assert "operation" == caught.value.setting
