"""PaiFlowRunSensor: succeeds when runs have succeeded."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowException

from paiflow.airflow.endings import Ending
from paiflow.airflow.hooks import PaiFlowHook
from paiflow.airflow.runs import look, run_ids
from paiflow.airflow.triggers import PaiFlowRunTrigger


class PaiFlowRunSensor(BaseSensorOperator):
    """Waits for runs that others have begun. Fails if one fails, is stopped or is missing.

    Args:
        pipeline_runs: an id, or a list of ids.
        paiflow_conn_id: the connection.
        workspace_id: instead of the connection's.
        deferrable: whether the wait takes place in the triggerer, with one poll for all. Else the sensor pokes by itself.
        kwargs: those of a sensor: timeout, soft_fail, mode …
    """

    template_fields: Sequence[str] = ("paiflow_conn_id", "workspace_id", "pipeline_runs")

    def __init__(
        self,
        *,
        pipeline_runs: str | Sequence[str],
        paiflow_conn_id: str = PaiFlowHook.default_conn_name,
        workspace_id: str | int | None = None,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_runs = pipeline_runs
        self.paiflow_conn_id = paiflow_conn_id
        self.workspace_id = workspace_id
        self.deferrable = deferrable

    def poke(self, context: Mapping[str, Any]) -> bool:  # noqa: ARG002 - Airflow's signature
        """Return whether all runs have succeeded.

        Raises:
            AirflowException: one has ended otherwise.
        """
        with PaiFlowHook(self.paiflow_conn_id, self.workspace_id).get_conn() as client:
            ending = look(client, self._runs())
        if set(ending.outcomes.values()) & {"failed", "stopped"}:
            raise AirflowException(str(ending))
        return ending.succeeded

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Look once, then wait in the triggerer; or poke, if not deferrable."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            deadline = time.time() + self.timeout
            trigger = PaiFlowRunTrigger(self._runs(), self.paiflow_conn_id, self.workspace_id, deadline=deadline)
            self.defer(trigger=trigger, method_name="execute_complete")
        return None

    def execute_complete(self, context: Mapping[str, Any], event: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Succeed if all runs have.

        Raises:
            AirflowException: one has ended otherwise, or the time was up.
        """
        ending = Ending.of_event(event)
        if not ending.succeeded:
            raise AirflowException(str(ending))

    def _runs(self) -> list[str]:
        return run_ids(self.pipeline_runs)
