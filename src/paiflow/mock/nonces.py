"""Remember which nonces were used, for as long as a request that carries one could be accepted."""

from collections import deque
from hashlib import blake2b

from paiflow._forks import Lock

__all__ = ["Nonces"]


class Nonces:
    """The nonces used lately, each with its access key. Safe to share between threads.

    Args:
        lifetime: seconds for which one is remembered; memory holds the nonces of that time and no more.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        # Hashes: a busy service holds millions, and they are a third of the size of what they stand for.
        self._used: set[bytes] = set()
        self._in_order: deque[bytes] = deque()
        self._moments: deque[float] = deque()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._used)

    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        """Return whether the nonce is new, and remember it."""
        text = f"{len(access_key_id)} {access_key_id} {nonce}"
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            while self._moments and self._moments[0] < now - self._lifetime:
                self._moments.popleft()
                self._used.discard(self._in_order.popleft())
            if key in self._used:
                return False
            self._used.add(key)
            self._in_order.append(key)
            self._moments.append(now)
            return True
