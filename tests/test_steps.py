"""Steps: what is handed over comes one by one, and nothing further is done before it is taken."""

import asyncio

from paiflow.steps import Ask, AsyncIteration, Items, Iteration, Pause, collected, mapped


class Work:
    """Steps of two pages, and what was done by when."""

    def __init__(self):
        self.done = []

    def steps(self):
        try:
            for page in (["a", "b"], ["c"]):
                answers = yield Ask([page])
                self.done.append(f"asked {page}")
                yield Pause(2.0)
                yield Items(answers)
        finally:
            self.done.append("closed")
        return "result"

    def iteration(self):
        return Iteration(self.steps(), lambda step: step.calls[0], self.done.append)

    def async_iteration(self):
        async def ask(step):
            return step.calls[0]

        async def sleep(seconds):
            self.done.append(seconds)

        return AsyncIteration(self.steps(), ask, sleep)


FIRST = ["asked ['a', 'b']", 2.0]
ALL = [*FIRST, "asked ['c']", 2.0, "closed"]


def test_a_page_is_handed_over_before_the_next_is_asked_for():
    work = Work()
    found = iter(work.iteration())

    assert ("a", FIRST) == (next(found), work.done)
    assert ("b", FIRST) == (next(found), work.done)
    assert (["c"], ALL) == (list(found), work.done)


async def test_so_it_is_awaited():
    work = Work()
    found = aiter(work.async_iteration())

    assert ("a", FIRST) == (await anext(found), work.done)
    assert ("b", FIRST) == (await anext(found), work.done)
    assert (["c"], ALL) == ([item async for item in found], work.done)


def test_the_steps_are_closed_where_the_caller_stops():
    work = Work()
    iteration = work.iteration()
    found = iter(iteration)
    next(found)
    found.close()

    assert [*FIRST, "closed"] == work.done


async def test_so_they_are_where_it_is_awaited():
    work = Work()
    iteration = work.async_iteration()
    found = aiter(iteration)
    await anext(found)
    await found.aclose()

    assert [*FIRST, "closed"] == work.done


def test_all_steps_are_carried_out_to_the_result():
    work, other = Work(), Work()

    assert ("result", ALL) == (work.iteration().finish(), work.done)
    assert ("result", ALL) == (asyncio.run(other.async_iteration().finish()), other.done)


def test_what_steps_hand_over_is_collected_within_others():
    work = Work()

    def steps():
        found = yield from collected(work.steps())
        yield Items([found])

    assert [["a", "b", "c"]] == list(Iteration(steps(), lambda step: step.calls[0], work.done.append))
    assert ALL == work.done


def test_what_steps_hand_over_is_mapped():
    work = Work()
    found = Iteration(mapped(work.steps(), str.upper), lambda step: step.calls[0], work.done.append)

    assert ["A", "B", "C"] == list(found)
    assert "result" == found.result
