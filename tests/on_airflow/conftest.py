"""A real Airflow with a home of its own, against the mock. scripts/airflow-test runs these tests; elsewhere there is no Airflow."""

from importlib.util import find_spec

import pytest

if find_spec("airflow") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from on_airflow.installation import Installation

    @pytest.fixture
    def airflow(tmp_path):
        """An Airflow with a database, and a mock service that its connection paiflow_default leads to."""
        with Installation(tmp_path) as installation:
            yield installation
