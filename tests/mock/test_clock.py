"""The service's time: real, faster, or by hand; and all that goes by it."""

import asyncio
import threading
from email.utils import formatdate

import pytest
from mock.calls import LASTING, NOW, answer, refusal, signed

from paiflow._time import Time
from paiflow.mock import Clock, HandClock, HandTime, MockService


class Machine:
    """A machine's clock that a test sets."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


@pytest.mark.parametrize(("scale", "elapsed"), [(1, 90.0), (60, 5400.0), (0.5, 45.0)])
def test_a_clock_runs_so_many_times_as_fast_as_the_machine_s(scale, elapsed):
    machine = Machine()
    clock = Clock(scale, machine=machine)
    assert NOW == clock.now()

    machine.now += 90

    assert NOW + elapsed == clock.now()
    assert (NOW + elapsed, NOW + 90) == clock.readings()


@pytest.mark.parametrize("scale", [0, -1, float("inf"), float("nan")])
def test_a_clock_neither_stands_nor_goes_back(scale):
    with pytest.raises(ValueError, match="a clock's scale is a number above 0"):
        Clock(scale)


async def test_a_fast_clock_sleeps_fast():
    """An hour by a clock that is a million times as fast takes 4 ms."""
    clock = Clock(1e6)
    started = clock.now()

    clock.sleep(3600)
    await clock.asleep(3600)
    await clock.until(started + 3 * 3600)
    await clock.until(started)

    assert clock.now() - started >= 3 * 3600 * 0.99


def test_a_clock_by_hand_stands_until_it_is_advanced():
    clock = HandClock(NOW)

    assert NOW == clock.now() == clock.now()
    assert NOW + 1.5 == clock.advance(1.5) == clock.now()


def test_a_clock_by_hand_begins_at_the_machine_s_time_to_the_second():
    assert NOW == HandClock(machine=Machine(NOW + 0.75)).now()


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_clock_by_hand_never_goes_back(seconds):
    clock = HandClock(NOW)

    with pytest.raises(ValueError, match="a clock is advanced by seconds from 0 on"):
        clock.advance(seconds)
    assert NOW == clock.now()


def test_threads_advance_one_clock_together():
    clock = HandClock(0)

    def advance():
        for _ in range(2000):
            clock.advance(1)

    threads = [threading.Thread(target=advance) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8000 == clock.now()


async def test_who_sleeps_by_a_clock_by_hand_advances_it_and_lets_others_run():
    clock = HandClock(NOW)
    ran = []
    other = asyncio.get_running_loop().create_task(asyncio.sleep(0, ran.append(clock.now())))

    clock.sleep(60)
    await clock.asleep(3600)

    assert NOW + 3660 == clock.now()
    await other


async def test_whoever_waits_for_a_moment_is_woken_when_the_clock_gets_there():
    clock = HandClock(NOW)
    near, far = (asyncio.ensure_future(clock.until(NOW + seconds)) for seconds in (10, 20))
    await asyncio.sleep(0)

    async with asyncio.timeout(10):
        clock.advance(10)
        await near
        assert not far.done()
        clock.advance(10)
        await far
        await clock.until(NOW + 20)


def test_whoever_waits_in_another_thread_that_has_nothing_else_to_do_is_woken():
    clock = HandClock(NOW)
    thread = threading.Thread(target=asyncio.run, args=[clock.until(NOW + 10)], daemon=True)
    thread.start()
    while not clock._waiting:
        pass

    clock.advance(10)
    thread.join(10)

    assert not thread.is_alive()


async def test_nothing_is_left_of_somebody_who_no_longer_waits():
    clock = HandClock(NOW)
    waiting = asyncio.ensure_future(clock.until(NOW + 10))
    await asyncio.sleep(0)
    assert 1 == len(clock._waiting)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert [] == clock._waiting


def test_a_clock_may_be_advanced_when_the_loop_that_waited_is_closed():
    clock = HandClock(NOW)
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(clock.until(NOW + 10))
    loop.run_until_complete(asyncio.sleep(0))
    kept = list(clock._waiting)
    waiting.cancel()
    loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
    loop.close()
    clock._waiting = kept

    assert NOW + 10 == clock.advance(10)


async def test_a_client_s_time_by_hand_is_a_time_that_sleeps_by_advancing_the_clock():
    clock = HandClock(NOW)
    time = HandTime(clock)
    assert isinstance(time, Time)

    time.sleep(2)
    await time.asleep(3)

    assert NOW + 5 == clock.now() == time.now() == time.monotonic()


def test_a_client_s_chance_by_hand_is_the_same_each_time():
    chances = [[HandTime(HandClock(NOW), seed).random() for _ in range(1)] for seed in (0, 0, 1)]

    assert chances[0] == chances[1] != chances[2]
    assert all(0 <= chance < 1 for [chance] in chances)


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def service(clock):
    return MockService([LASTING], clock=clock)


def test_dates_are_judged_by_the_service_s_clock(service, clock):
    answer(service.handle(signed(now=NOW)))

    clock.advance(900)
    answer(service.handle(signed(now=NOW)))
    clock.advance(1)

    assert (400, "InvalidTimeStamp.Expired") == refusal(service.handle(signed(now=NOW)))
    answer(service.handle(signed(now=NOW + 901)))


def test_nonces_are_forgotten_by_the_service_s_clock(service, clock):
    answer(service.handle(signed(nonce="once")))

    clock.advance(1800)
    assert (400, "SignatureNonceUsed") == refusal(service.handle(signed(nonce="once", now=clock.now())))
    clock.advance(1)

    answer(service.handle(signed(nonce="once", now=clock.now())))


def test_replies_have_the_date_of_the_service_s_clock(service, clock):
    clock.advance(3600)

    assert formatdate(NOW + 3600, usegmt=True) == dict(service.handle(signed()).headers)["date"]


@pytest.mark.parametrize("fast", [True, False], ids=["scaled", "by hand"])
def test_a_client_on_the_machine_s_clock_is_served_by_a_service_that_ran_ahead(fast):
    machine = Machine()
    clock = Clock(3600, machine=machine) if fast else HandClock(NOW, machine=machine)
    service = MockService([LASTING], clock=clock)

    machine.now += 10
    if not fast:
        clock.advance(36_000)

    assert NOW + 36_000 == clock.now()
    answer(service.handle(signed(now=machine.now)))
    answer(service.handle(signed(now=clock.now())))
    assert (400, "InvalidTimeStamp.Expired") == refusal(service.handle(signed(now=NOW + 18_000)))
