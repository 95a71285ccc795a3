"""The steps of work that takes several calls, and the two drivers that carry them out.

A function that needs more than one call (paging, following a log, submitting once, statuses, a wait) is a generator
without I/O. It yields steps and receives their results; so one decision serves the blocking and the awaiting client,
and a test drives hours of work in no time.

    Ask      make these calls, some at a time; receives a list with a reply or an error for each
    Pause    let time pass; receives None
    Items    hand these to the caller who iterates, before anything else is done; receives None
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from paiflow.errors import PaiFlowError
from paiflow_api.calling import Call

if TYPE_CHECKING:
    from paiflow_api.decoding import Reply

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
Model = TypeVar("Model", bound="Reply")

# Ours: calls at a time.
IN_FLIGHT: Final = 8


class Ask(NamedTuple):
    """Make these calls.

    Attributes:
        calls: in the order in which their results come back.
        in_flight: how many at a time.
        within: seconds for all of them; None for the client's policy.
        once: whether each is attempted once, instead of as often as the policy says.
    """

    calls: Sequence[Call[Any]]
    in_flight: int = 1
    within: float | None = None
    once: bool = False


class Pause(NamedTuple):
    """Let so many seconds pass."""

    seconds: float


class Items(NamedTuple, Generic[T]):
    """Hand these to the caller, one by one."""

    values: Sequence[T]


Step: TypeAlias = Ask | Pause | Items[T]
# A generator of steps: yields items of type T, returns R.
Steps: TypeAlias = Generator[Step[T], Any, R]
Answer: TypeAlias = Any | PaiFlowError
Answers: TypeAlias = list[Answer]


def one(call: Call[Model]) -> Steps[Any, Model]:
    """Make one call and return its reply.

    Raises:
        PaiFlowError: that of the call.
    """
    [answer] = yield Ask([call])
    if isinstance(answer, PaiFlowError):
        raise answer
    return answer  # type: ignore[no-any-return]  # the reply of this call


def collected(steps: Steps[T, Any]) -> Steps[Any, list[T]]:
    """Carry out steps within others and return their items."""
    items: list[T] = []
    answers: Answers | None = None
    while True:
        try:
            step = steps.send(answers)
        except StopIteration:
            return items
        answers = None
        if isinstance(step, Items):
            items += step.values
        else:
            answers = yield step


def mapped(steps: Steps[T, R], function: Callable[[T], S]) -> Steps[S, R]:
    """Carry out steps within others, and yield the result of a function for each of their items."""
    answers: Answers | None = None
    while True:
        try:
            step = steps.send(answers)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # of these steps
        answers = yield (Items([*map(function, step.values)]) if isinstance(step, Items) else step)


class Iteration(Generic[T, R]):
    """Carry out steps, blocking: iterate to receive the items; `result` is set at the end."""

    result: R

    def __init__(self, steps: Steps[T, R], ask: Callable[[Ask], Answers], sleep: Callable[[float], None]) -> None:
        self._steps = steps
        self._ask = ask
        self._sleep = sleep

    def __iter__(self) -> Iterator[T]:
        answers: Answers | None = None
        with closing(self._steps):
            while True:
                try:
                    step = self._steps.send(answers)
                except StopIteration as end:
                    self.result = end.value
                    return
                answers = None
                match step:
                    case Ask():
                        answers = self._ask(step)
                    case Pause():
                        self._sleep(step.seconds)
                    case Items():
                        yield from step.values

    def finish(self) -> R:
        """Carry out all steps and return the result."""
        for _ in self:
            pass
        return self.result


class AsyncIteration(Generic[T, R]):
    """Carry out steps, awaiting."""

    result: R

    def __init__(
        self,
        steps: Steps[T, R],
        ask: Callable[[Ask], Awaitable[Answers]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._steps = steps
        self._ask = ask
        self._sleep = sleep

    async def __aiter__(self) -> AsyncIterator[T]:
        answers: Answers | None = None
        with closing(self._steps):
            while True:
                try:
                    step = self._steps.send(answers)
                except StopIteration as end:
                    self.result = end.value
                    return
                answers = None
                match step:
                    case Ask():
                        answers = await self._ask(step)
                    case Pause():
                        await self._sleep(step.seconds)
                    case Items():
                        for value in step.values:
                            yield value

    async def finish(self) -> R:
        """Carry out all steps and return the result."""
        async for _ in self:
            pass
        return self.result
