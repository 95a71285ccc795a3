"""Call a function for many items, some at a time, in threads that do not delay the interpreter's exit.

A pool of the standard library joins its threads when the interpreter ends: a program that was interrupted would stay until
the last of their calls has timed out. These end with the program.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(function: Callable[[T], R], items: Sequence[T], count: int) -> list[R]:
    """Return the function's results, in the order of the items.

    When one call fails, or this thread is interrupted, the items that have not begun never will, and the error is raised.

    Args:
        function: called once for each item.
        items: as many as there are.
        count: how many threads there are at most.
    """
    waiting = deque(enumerate(items))
    results: dict[int, R] = {}
    failures: list[BaseException] = []

    def work() -> None:
        while True:
            try:
                place, item = waiting.popleft()
            except IndexError:
                return
            try:
                results[place] = function(item)
            except BaseException as failure:  # noqa: BLE001 - raised again, in the thread that asked
                failures.append(failure)
                waiting.clear()

    threads = [
        threading.Thread(target=work, name=f"paiflow-{number}", daemon=True) for number in range(min(count, len(items)))
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        waiting.clear()
        raise
    if failures:
        raise failures[0]
    return [results[place] for place in range(len(items))]


def within(function: Callable[[], T], seconds: float | None) -> T:
    """Return the function's result, if it comes in time; otherwise leave it to a thread that ends with the program.

    Args:
        function: cannot be interrupted, such as the system's look-up of names.
        seconds: to wait for it; None for as long as it takes.

    Raises:
        TimeoutError: the time was up.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(function())
        except BaseException as failure:  # noqa: BLE001 - raised again, in the thread that asked
            failures.append(failure)

    thread = threading.Thread(target=work, name="paiflow-within", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise TimeoutError("timed out")
    return results[0]
