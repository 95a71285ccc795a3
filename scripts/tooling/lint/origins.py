"""Find the overlay action that caused a fault of the effective description."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from paiflow import overlays
from tooling.lint.faults import Fault
from tooling.lint.rules import Rule


class Origins:
    """The actions of overlays in their order, and the description after each of them.

    Args:
        base: the description without overlays.
        documents: the overlays, by their files.
    """

    def __init__(self, base: dict[str, Any], documents: Mapping[Path, dict[str, Any]]) -> None:
        self._actions = [
            (path, index, {**document, "actions": [action]})
            for path, document in documents.items()
            for index, action in enumerate(document["actions"])
        ]
        self._states = [base]
        # A rule is asked once of each state, however many faults are looked for.
        self.faults = cache(self._faults)

    @property
    def count(self) -> int:
        """How many actions there are."""
        return len(self._actions)

    def action(self, rule: Rule, fault: Fault) -> tuple[Path, int] | None:
        """Return the file of the action by which a fault came, and its index; None where the base has it already.

        The fault has to be there once all are applied. Halves the actions, so that few states are judged.
        """
        applied = bisect_left(range(self.count), True, key=lambda number: fault in self.faults(rule, number))
        if not applied:
            return None
        path, index, _ = self._actions[applied - 1]
        return path, index

    def _faults(self, rule: Rule, applied: int) -> frozenset[Fault]:
        """Return the findings of a rule after the first so many actions."""
        while len(self._states) <= applied:
            _, _, document = self._actions[len(self._states) - 1]
            self._states.append(overlays.apply(self._states[-1], document))
        return frozenset(rule(self._states[applied]))
