"""Calls in threads: in order, some at a time, and nobody has to wait for those of an interrupted program."""

import subprocess
import sys
import threading

import pytest

from paiflow.client.threads import in_threads


def test_results_come_in_the_order_of_the_items():
    assert [place * 2 for place in range(100)] == in_threads(lambda place: place * 2, range(100), 8)


def test_no_more_threads_run_than_allowed():
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(3)

    def work(place):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if place < 3:
            both.wait(10)
        with lock:
            running -= 1

    in_threads(work, range(20), 3)

    assert most == 3


def test_a_failure_is_raised_and_what_has_not_begun_does_not_begin():
    begun = []

    def work(place):
        begun.append(place)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_threads(work, range(100), 1)

    assert begun == [0]


def test_a_program_that_is_interrupted_ends_at_once():
    script = """
import threading, _thread
from paiflow.client.threads import in_threads

def work(place):
    if place == 0:
        _thread.interrupt_main()
    threading.Event().wait(60)

try:
    in_threads(work, range(10), 4)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)

    assert (0, "interrupted\n", "") == (finished.returncode, finished.stdout, finished.stderr)
