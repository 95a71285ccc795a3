"""The pytest plugin: the fixture `paiflow_mock`.

pytest loads plugins as it starts, in every project of an environment that has paiflow installed. So this is no part
of `paiflow.mock`, and loads neither client nor server before a test asks for the fixture. Needs the extra `mock`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from paiflow.mock import PaiFlowMock

__all__ = ["paiflow_mock"]


@pytest.fixture
def paiflow_mock() -> Iterator[PaiFlowMock]:
    """A mock of the service on a free port, with a clock that is advanced by hand: see paiflow.mock.PaiFlowMock."""
    from paiflow.mock import PaiFlowMock  # noqa: PLC0415 - what loading it costs, only its users pay

    with PaiFlowMock() as mock:
        yield mock
