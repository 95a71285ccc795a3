"""Remember which nonces were used, for as long as a request that carries one could be accepted."""

from collections import OrderedDict

from paiflow._forks import Lock

__all__ = ["Nonces"]


class Nonces:
    """The nonces used lately, each with its access key. Safe to share between threads.

    Args:
        lifetime: seconds for which one is remembered; memory holds the nonces of that time and no more.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        # In the order of use. Not a dict: it walks over every deleted entry to find its first one.
        self._used: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._used)

    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        """Return whether the nonce is new, and remember it."""
        key = (access_key_id, nonce)
        with self._lock:
            while self._used and next(iter(self._used.values())) < now - self._lifetime:
                self._used.popitem(last=False)
            if key in self._used:
                return False
            self._used[key] = now
            return True
