"""PaiFlowRunTrigger: waits for runs in a triggerer, with one poll for all triggers of the process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from paiflow import outcome_of
from paiflow.airflow.endings import Ending
from paiflow.airflow.hooks import PaiFlowHook
from paiflow.airflow.waiting import ending_of
from paiflow.errors import PaiFlowError


class PaiFlowRunTrigger(BaseTrigger):
    """Fires once, when all runs have ended, the time is up, or waiting cannot go on: see paiflow.airflow.endings.

    It only reads, so it may be restarted, or run twice at a time.

    Args:
        pipeline_runs: ids.
        paiflow_conn_id: the connection.
        workspace_id: instead of the connection's.
        deadline: when to give up, in seconds since the epoch; None to wait on.
        stop_on_kill: whether the runs are stopped when a user ends the task.
    """

    def __init__(
        self,
        pipeline_runs: Sequence[str],
        paiflow_conn_id: str = PaiFlowHook.default_conn_name,
        workspace_id: str | int | None = None,
        deadline: float | None = None,
        stop_on_kill: bool = False,
    ) -> None:
        super().__init__()
        self.arguments: dict[str, Any] = {
            "pipeline_runs": list(pipeline_runs),
            "paiflow_conn_id": paiflow_conn_id,
            "workspace_id": workspace_id,
            "deadline": deadline,
            "stop_on_kill": stop_on_kill,
        }
        self.pipeline_runs: list[str] = list(pipeline_runs)
        self.deadline = deadline
        self.stop_on_kill = stop_on_kill
        self.hook: PaiFlowHook = PaiFlowHook(paiflow_conn_id, workspace_id)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        return f"{type(self).__module__}.{type(self).__qualname__}", self.arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event."""
        try:
            ending = await ending_of(await self.hook.asettings(), self.pipeline_runs, self.deadline)
        except PaiFlowError as error:
            ending = Ending.of(error.result, error)
        yield TriggerEvent(ending.event())

    async def on_kill(self) -> None:
        """Stop the runs that have not ended, if so asked. Airflow calls this when a user ends the deferred task."""
        if not self.stop_on_kill:
            return
        async with await self.hook.aget_conn() as client:
            for run in (await client.statuses(self.pipeline_runs)).runs:
                if outcome_of(run) == "active" and run.pipeline_run_id:
                    try:
                        await client.terminate_pipeline_run(run.pipeline_run_id)
                    except PaiFlowError as error:
                        self.log.warning("%s could not be stopped: %s", run.pipeline_run_id, error)
