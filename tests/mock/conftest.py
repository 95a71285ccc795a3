"""A fresh mock service for each test, with a clock that stands still."""

import pytest
from mock.calls import new_service

from paiflow.mock import MockService


@pytest.fixture
def service() -> MockService:
    return new_service()
