"""Faults in force: choose those that strike a call, and combine their effects.

    faults.add("throttling", retry_after=2, times=3)    # the next three calls
    faults.add("reset", rate=0.1, seed=7)               # each call with a chance of one in ten, the same ones each time
    faults.add("slow", delay="30s", every=5)            # every fifth call
    with faults.add("bad-gateway"):                     # every call, until the block ends
        ...

Settings are the same here, in scenarios and on the command line.
"""

import contextlib
import math
import random
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from types import TracebackType
from typing import Any, Self

from paiflow._forks import Lock
from paiflow._text import close_to
from paiflow.errors import ConfigurationError
from paiflow.mock.checks import chance, positive, text, whole
from paiflow.mock.fault_kinds import KINDS, Effect, combined

__all__ = ["Fault", "FaultError", "Faults", "parse_fault"]


class FaultError(ConfigurationError):
    """There is no such fault, or it cannot be set so.

    Args:
        reason: in one line.
        setting: which one is wrong, None if it is the fault itself.
    """

    def __init__(self, reason: str, setting: str | None = None) -> None:
        super().__init__(reason, setting)
        self.reason = reason
        self.setting = setting

    def __str__(self) -> str:
        return self.reason


class Fault:
    """One fault, and which calls it strikes: each, unless its settings say otherwise.

    Args:
        name: of a kind.
        settings: of the kind, and of these:
            rate: the chance of a call to be struck, above 0, up to 1;
            seed: of that chance; the same calls are struck each time, 0 if not given;
            every: strikes the last of so many calls, counted from when the fault came;
            times: strikes so often, and no more;
            operation: strikes calls of this operation only, and counts no others.
        end: takes the fault out of force.

    Attributes:
        calls: how many it has seen.
        strikes: how many of them it has struck.

    Raises:
        FaultError: there is no such fault, or it cannot be set so.
    """

    def __init__(self, name: str, settings: Mapping[str, Any], end: Callable[["Fault"], None] | None = None) -> None:
        kind = KINDS.get(name)
        if kind is None:
            raise FaultError(f"there is no fault {name!r}: known are {', '.join(KINDS)}{close_to(name, KINDS)}")
        checks = {
            **kind.settings,
            "rate": chance,
            "seed": whole,
            "every": positive,
            "times": positive,
            "operation": text,
        }
        values: dict[str, Any] = {}
        for setting, value in settings.items():
            if setting not in checks:
                known = ", ".join(checks)
                raise FaultError(
                    f"fault {name!r}: there is no setting {setting!r}: known are {known}{close_to(setting, checks)}",
                    setting,
                )
            try:
                values[setting] = checks[setting](value)
            except ValueError as error:
                raise FaultError(f"fault {name!r}: {setting}: {error}", setting) from None
        if "rate" in values and "every" in values:
            raise FaultError(f"fault {name!r}: rate and every exclude each other", "every")
        self.name = name
        self.calls: int = 0
        self.strikes: int = 0
        self._effect = kind.effect
        self._settings = {setting: value for setting, value in values.items() if setting in kind.settings}
        self._rate: float = values.get("rate", 1.0)
        self._every: int = values.get("every", 1)
        self._times: float = values.get("times", math.inf)
        self._random = random.Random(values.get("seed", 0))  # noqa: S311 - picks calls; keeps no secret
        self.operation: str | None = values.get("operation")
        self._end = end

    def strike(self, now: float) -> Effect | None:
        """Count a call, and return the fault's effect on it; None if it does not strike."""
        self.calls += 1
        if self.calls % self._every or self.strikes >= self._times or self._random.random() >= self._rate:
            return None
        self.strikes += 1
        return self._effect(now, **self._settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._end is not None:
            self._end(self)


_NOTHING = Effect()


class Faults:
    """The faults in force. Safe to share between threads.

    Args:
        operations: the actions of the operations that there are; None for any.
    """

    def __init__(self, operations: Iterable[str] | None = None) -> None:
        self._operations = None if operations is None else tuple(operations)
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, name: str, **settings: Any) -> Fault:
        """Put a fault in force, from the next call on, and return it. A `with` around it ends it.

        Args:
            name: of a kind, `throttling` for one.
            settings: of the kind; and rate, seed, every, times and operation, see Fault.

        Raises:
            FaultError: there is no such fault, or it cannot be set so.
        """
        fault = Fault(name, settings, self.remove)
        if self._operations is not None and fault.operation is not None and fault.operation not in self._operations:
            known = ", ".join(self._operations)
            raise FaultError(
                f"fault {name!r}: there is no operation {fault.operation!r}: known are {known}"
                f"{close_to(fault.operation, self._operations)}",
                "operation",
            )
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """End a fault. One that is not in force does no harm."""
        with self._lock:
            self._faults = [other for other in self._faults if other is not fault]

    def clear(self) -> None:
        """End them all."""
        with self._lock:
            self._faults = []

    def strike(self, now: float, operation: str | None = None) -> Effect:
        """Count a call of an operation, None for one that leads to none, and return what all faults do to it together."""
        if not self._faults:
            return _NOTHING
        with self._lock:
            struck = [fault for fault in self._faults if fault.operation in (None, operation)]
            effects = [effect for fault in struck if (effect := fault.strike(now)) is not None]
        return reduce(combined, effects, _NOTHING)


def parse_fault(text: str) -> tuple[str, Mapping[str, Any]]:
    """Return name and settings of `NAME` or `NAME:SETTING=VALUE,SETTING=VALUE`.

    Raises:
        FaultError: it is not of that form.
    """
    name, colon, rest = text.partition(":")
    settings: dict[str, Any] = {}
    for part in rest.split(",") if colon else ():
        setting, equals, value = part.partition("=")
        if not (setting and equals and value) or setting in settings:
            raise FaultError(f"a fault is NAME or NAME:SETTING=VALUE,SETTING=VALUE, not {text!r}")
        settings[setting] = _value(value)
    return name, settings


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text
