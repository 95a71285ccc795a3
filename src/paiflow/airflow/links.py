"""PaiFlowRunLink: from a task to its run's page in the console."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperatorLink


class PaiFlowRunLink(BaseOperatorLink):
    """Leads to the page of a task's run, once the run is known."""

    name = "PAI run"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """Return the URL; empty if region, workspace or run is not known. The worker asks when the task pauses or ends."""
        return str(getattr(operator, "run_page", ""))
