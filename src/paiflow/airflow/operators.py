"""Operators: submit a run, run a pipeline to its end, wait for runs, stop one, run one again."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.exceptions import AirflowException

from paiflow import PaiFlow, PaiFlowError
from paiflow._durations import Duration, duration
from paiflow.airflow.endings import Ending
from paiflow.airflow.hooks import PaiFlowHook
from paiflow.airflow.links import PaiFlowRunLink
from paiflow.airflow.runs import failures, key_of, look, outputs_of, run_ids, submit_or_adopt
from paiflow.airflow.triggers import PaiFlowRunTrigger

Context = Mapping[str, Any]


class _RunOperator(BaseOperator):
    """The part that all have in common: begin, look once, wait in the triggerer, report.

    Args:
        paiflow_conn_id: the connection.
        workspace_id: instead of the connection's.
        timeout: how long to wait at most: seconds, text such as "1h30m", or a timedelta; else `execution_timeout`, if the
            task has one. A run goes on when the time is up.
        deferrable: whether the wait takes place in the triggerer, and no worker is occupied by it.
        stop_on_kill: whether runs that the task has begun are stopped when somebody ends the task.
    """

    template_fields: Sequence[str] = ("paiflow_conn_id", "workspace_id")
    operator_extra_links: Sequence[BaseOperatorLink] = (PaiFlowRunLink(),)
    begins: bool = True  # whether it begins runs, which are its to stop

    def __init__(
        self,
        *,
        paiflow_conn_id: str = PaiFlowHook.default_conn_name,
        workspace_id: str | int | None = None,
        timeout: Duration | None = None,
        deferrable: bool = True,
        stop_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.paiflow_conn_id = paiflow_conn_id
        self.workspace_id = workspace_id
        self.timeout = timeout
        self.deferrable = deferrable
        self.stop_on_kill = stop_on_kill
        self.run_page: str = ""
        self._begun: list[str] = []

    @property
    def hook(self) -> PaiFlowHook:
        """The hook of the connection."""
        return PaiFlowHook(self.paiflow_conn_id, self.workspace_id)

    @abstractmethod
    def begin(self, client: PaiFlow, context: Context) -> list[str]:
        """Begin what is waited for and return the ids of the runs."""

    def report(self, client: PaiFlow, ending: Ending) -> Any:
        """Return the task's result, or raise if it has failed."""
        if not ending.succeeded:
            for run_id in ending.failed:
                for line in failures(client, run_id):
                    self.log.error("%s", line)
            raise AirflowException(str(ending))
        return ending.statuses

    def execute(self, context: Context) -> Any:
        """Begin, and wait: in the triggerer, if the first look shows that there is something to wait for."""
        settings = self.hook.settings()
        with settings.client() as client:
            runs = self.begin(client, context)
            self._know(settings.page(runs[0]), runs, context)
            ending = look(client, runs)
            if ending.ended:
                return self.report(client, ending)
            limit = self.execution_timeout if self.timeout is None else self.timeout
            seconds = None if limit is None else duration(limit)
            if self.deferrable:
                trigger = PaiFlowRunTrigger(
                    runs,
                    self.paiflow_conn_id,
                    self.workspace_id,
                    deadline=None if seconds is None else time.time() + seconds,
                    stop_on_kill=self.begins and self.stop_on_kill,
                )
                self.defer(trigger=trigger, method_name="execute_complete")
            try:
                return self.report(client, Ending.of(client.wait(runs, timeout=seconds)))
            except PaiFlowError as error:
                if error.result is None:
                    raise
                return self.report(client, Ending.of(error.result, error))

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:  # noqa: ARG002
        """Report what the trigger found."""
        settings = self.hook.settings()
        ending = Ending.of_event(event)
        self.run_page = settings.page(next(iter(ending.outcomes), ""))
        with settings.client() as client:
            return self.report(client, ending)

    def on_kill(self) -> None:
        """Stop the runs that the task has begun, if so asked."""
        if not (self._begun and self.begins and self.stop_on_kill):
            return
        with self.hook.get_conn() as client:
            for run_id in self._begun:
                try:
                    client.terminate_pipeline_run(run_id)
                except PaiFlowError as error:
                    self.log.warning("%s could not be stopped: %s", run_id, error)

    def _know(self, page: str, runs: list[str], context: Context) -> None:
        self._begun = runs
        self.run_page = page
        context["ti"].xcom_push(key="pipeline_run_id", value=runs[0] if len(runs) == 1 else runs)


class PaiFlowSubmitRunOperator(_RunOperator):
    """Creates a run, and does not wait for it. Returns its id.

    Args:
        pipeline_id: the pipeline; or give a manifest.
        manifest: a pipeline's manifest: text, or what JSON can hold.
        arguments: of the run: text, or a mapping from names to values.
        name: of the run.
        options: of the run, likewise.
        once: at most one run for a task instance: a try adopts the run of an earlier try that is active or has succeeded,
            and starts a new one only if the last one failed or was stopped. A text is the key to go by instead; False
            starts a new run at each try.
        start: whether the run starts at once.
        kwargs: of a task, and those of all operators here.
    """

    template_fields: Sequence[str] = (
        *_RunOperator.template_fields,
        *("pipeline_id", "manifest", "arguments", "name", "options", "once"),
    )
    template_fields_renderers: dict[str, str] = {"manifest": "yaml", "arguments": "json"}  # noqa: RUF012 - as Airflow has it
    template_ext: Sequence[str] = (".yaml", ".yml")

    def __init__(
        self,
        *,
        pipeline_id: str | None = None,
        manifest: str | Mapping[str, Any] | None = None,
        arguments: str | Mapping[str, Any] | None = None,
        name: str | None = None,
        options: str | Mapping[str, Any] | None = None,
        once: bool | str = True,
        start: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_id = pipeline_id
        self.manifest = manifest
        self.arguments = arguments
        self.name = name
        self.options = options
        self.once = once
        self.start = start

    def begin(self, client: PaiFlow, context: Context) -> list[str]:
        """Submit the run, or adopt the one of an earlier try."""
        ti = context["ti"]
        once = key_of(ti.dag_id, ti.run_id, ti.task_id, ti.map_index) if self.once is True else self.once or None
        arguments = {
            "pipeline_id": self.pipeline_id,
            "pipeline_manifest": self.manifest,
            "arguments": self.arguments,
            "name": self.name,
            "options": self.options,
            "start": self.start,
        }
        run_id, adopted = submit_or_adopt(client, once, arguments)
        self.log.info("%s %s", "adopted" if adopted else "submitted", run_id)
        return [run_id]

    def execute(self, context: Context) -> Any:
        """Submit the run and return its id."""
        settings = self.hook.settings()
        with settings.client() as client:
            runs = self.begin(client, context)
        self._know(settings.page(runs[0]), runs, context)
        return runs[0]


class PaiFlowRunPipelineOperator(PaiFlowSubmitRunOperator):
    """Creates a run and waits for its end. Returns its id, status and outputs; fails unless it has succeeded.

    Takes what PaiFlowSubmitRunOperator takes. The log of the task ends with the last lines of each node that failed.
    """

    def execute(self, context: Context) -> Any:
        """Submit the run and wait for its end."""
        return _RunOperator.execute(self, context)

    def report(self, client: PaiFlow, ending: Ending) -> dict[str, Any]:
        """Return the run with its outputs, or raise if it has failed."""
        super().report(client, ending)
        [(run_id, status)] = ending.statuses.items()
        return {"pipeline_run_id": run_id, "status": status, "outputs": outputs_of(client, run_id)}


class PaiFlowWaitOperator(_RunOperator):
    """Waits for runs to end. Returns their statuses; fails unless all have succeeded.

    Args:
        pipeline_runs: an id, or a list of ids.
        kwargs: of a task, and those of all operators here.
    """

    template_fields: Sequence[str] = (*_RunOperator.template_fields, "pipeline_runs")
    begins: bool = False

    def __init__(self, *, pipeline_runs: str | Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pipeline_runs = pipeline_runs

    def begin(self, client: PaiFlow, context: Context) -> list[str]:  # noqa: ARG002 - there is nothing to begin
        """Return the ids."""
        return run_ids(self.pipeline_runs)


class PaiFlowStopOperator(PaiFlowWaitOperator):
    """Stops runs that are active, and waits until they have ended. Returns their statuses.

    A run that has ended is left as it is.
    """

    def begin(self, client: PaiFlow, context: Context) -> list[str]:
        """Stop what is active."""
        runs = super().begin(client, context)
        for run_id, outcome in look(client, runs).outcomes.items():
            if outcome in ("active", "unknown"):
                client.terminate_pipeline_run(run_id)
        return runs

    def report(self, client: PaiFlow, ending: Ending) -> Any:
        """Return the statuses: any end will do."""
        return ending.statuses if ending.problem is None and ending.ended else super().report(client, ending)


class PaiFlowRerunOperator(PaiFlowWaitOperator):
    """Runs again runs that failed or were stopped, and waits for their end. Returns their statuses.

    A run that is active is waited for. One that has succeeded is left as it is.
    """

    begins: bool = True

    def begin(self, client: PaiFlow, context: Context) -> list[str]:
        """Rerun what has ended badly."""
        runs = super().begin(client, context)
        for run_id, outcome in look(client, runs).outcomes.items():
            if outcome in ("failed", "stopped"):
                client.rerun_pipeline_run(run_id)
        return runs
