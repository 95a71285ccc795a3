"""The description with its overlays applied: once for all test modules, because that takes half a second."""

import copy
import functools

from tooling import generation


@functools.cache
def _applied():
    return generation.effective_description()


def effective_description():
    """Return the effective description, a copy that a test may change."""
    return copy.deepcopy(_applied())
