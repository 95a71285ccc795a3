"""Nonces are remembered for their lifetime, and no longer."""

import threading

import pytest

from paiflow.mock.nonces import Nonces


def test_a_nonce_is_new_once():
    nonces = Nonces(100)

    assert nonces.use("key", "a", 0)
    assert not nonces.use("key", "a", 0)
    assert nonces.use("key", "b", 0)
    assert nonces.use("other", "a", 0)


@pytest.mark.parametrize(("later", "new"), [(99, False), (100, False), (100.5, True)])
def test_a_nonce_is_new_again_when_its_lifetime_is_over(later, new):
    nonces = Nonces(100)
    nonces.use("key", "a", 0)

    assert new == nonces.use("key", "a", later)


def test_a_refused_nonce_does_not_live_longer():
    nonces = Nonces(100)
    nonces.use("key", "a", 0)
    nonces.use("key", "a", 50)

    assert nonces.use("key", "a", 101)


def test_memory_holds_one_lifetime_s_nonces():
    nonces = Nonces(100)
    for now in range(10_000):
        nonces.use("key", str(now), now)

    assert 101 == len(nonces)


def test_of_many_threads_with_one_nonce_one_is_first():
    nonces = Nonces(100)
    first = []
    barrier = threading.Barrier(8)

    def use():
        barrier.wait()
        first.extend(number for number in range(500) if nonces.use("key", str(number), 0))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(range(500)) == sorted(first)
