"""A scheduler, a triggerer and an API server, as `airflow standalone` starts them: real deferred tasks, real restarts."""

import os
import signal
import sys
from collections import Counter
from pathlib import Path

FIFTY = """
import datetime
from airflow.sdk import DAG
from paiflow.airflow.operators import PaiFlowWaitOperator

# One more try, for Airflow itself fails a task whose worker cannot reach a busy API server.
AGAIN = {"retries": 1, "retry_delay": datetime.timedelta(seconds=1)}

with DAG("fifty", schedule=None, start_date=datetime.datetime(2026, 1, 1), default_args=AGAIN):
    PaiFlowWaitOperator.partial(task_id="wait").expand(pipeline_runs=[f"flow-{number:04}" for number in range(50)])
"""

THOUSAND = """
import datetime
from airflow.sdk import DAG
from airflow.triggers.base import StartTriggerArgs
from paiflow.airflow.operators import PaiFlowWaitOperator


class Direct(PaiFlowWaitOperator):
    "Goes to the triggerer without a worker."

    start_from_trigger = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls="paiflow.airflow.triggers.PaiFlowRunTrigger",
            trigger_kwargs={"pipeline_runs": [self.pipeline_runs]},
            next_method="execute_complete",
        )


# Small ones: each of these triggers carries its whole DAG, and the memory is to be that of the waits.
for first in range(0, 1000, 20):
    with DAG(f"dag-{first:04}", schedule="@once", start_date=datetime.datetime(2026, 1, 1)):
        for number in range(first, first + 20):
            Direct(task_id=f"wait{number:04}", pipeline_runs=f"flow-{number:04}")
"""


def children(process):
    """Return the processes that a process started, and theirs, each with its command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            session = int(path.read_text().rpartition(")")[2].split()[3])
            if session == process.pid:
                found[int(path.parent.name)] = (path.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it has ended
    return found


def triggerers(process):
    return [pid for pid, command in children(process).items() if "triggerer" in command]


def resident(pids):
    """Return the memory of the largest of these processes, in MB."""
    sizes = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in pids if Path(f"/proc/{pid}").exists()]
    return max(map(int, sizes)) * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def say(*words):
    """Show how far it has come, for those who run it by hand with -s."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def densest(moments, seconds):
    """Return the most calls that any span of so many seconds holds."""
    return max((sum(start <= at < start + seconds for at in moments) for start in moments), default=0)


def test_fifty_tasks_share_their_polls_through_throttling_and_the_death_of_a_triggerer(airflow):
    for number in range(50):
        airflow.service.stage.add_run(f"flow-{number:04}", "Running", workspace_id="84028")
    (airflow.dags / "fifty.py").write_text(FIFTY)
    with airflow.process("standalone") as standalone:
        airflow.until(lambda: airflow.query("select count(*) from dag")[0][0] == 1, 600, standalone)
        airflow.run("dags", "trigger", "fifty")
        airflow.until(lambda: airflow.states()["deferred"] == 50, 600, standalone)

        # All fifty, by one call a poll, at most every two seconds.
        airflow.asked.clear()
        airflow.until(lambda: len(airflow.polls()) >= 2, 70, standalone)
        assert densest(airflow.polls(), 1.9) == 1

        say("fifty deferred tasks, polled", len(airflow.polls()), "times, one call each")

        # A service that throttles is asked more rarely, and what it said is waited out.
        with airflow.service.faults.add("throttling", operation="ListPipelineRunsStatus") as fault:
            airflow.until(lambda: fault.strikes >= 2, 100, standalone)
        assert airflow.states()["deferred"] == 50

        say("throttled", fault.strikes, "times")

        # The triggerer is killed; what ends meanwhile is found by the next one.
        killed = triggerers(standalone)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        for number in range(0, 50, 2):
            airflow.finish(f"flow-{number:04}", "Succeeded")
        airflow.finish("flow-0001", "Failed")
        airflow.finish("flow-0003", "Terminated")
        airflow.finish("flow-0005", "Unknown")
        with airflow.process("triggerer", "--skip-serve-logs") as triggerer:
            airflow.until(lambda: airflow.states()["deferred"] == 23, 400, triggerer)
            airflow.until(lambda: airflow.states()["success"] == 25, 500, standalone)
            for number in range(5, 50, 2):
                airflow.finish(f"flow-{number:04}", "Succeeded")
            airflow.until(airflow.ended, 600, standalone)
            outcomes = dict(airflow.query("select map_index, state from task_instance where task_id = 'wait'"))
            assert {1: "failed", 3: "failed"} == {at: state for at, state in outcomes.items() if state != "success"}

            say("outcomes after a triggerer was killed:", Counter(outcomes.values()))


def test_a_thousand_triggers_of_one_triggerer_cost_ten_calls_a_poll(airflow):
    for number in range(1000):
        airflow.service.stage.add_run(f"flow-{number:04}", "Running", workspace_id="84028")
    (airflow.dags / "thousand.py").write_text(THOUSAND)
    with airflow.process("standalone") as standalone:
        airflow.until(lambda: airflow.states()["deferred"] == 1000, 900, standalone)
        airflow.until(lambda: len(airflow.last_poll()) == 10, 200, standalone)
        before = resident(triggerers(standalone))
        airflow.asked.clear()
        airflow.until(lambda: len(airflow.polls()) >= 60, 400, standalone)
        calls = Counter(operation for _, operation in airflow.asked)
        after = resident(triggerers(standalone))
        say("a thousand triggers:", dict(calls), "calls;", before, "MB, then", after, "MB")

        assert {"ListPipelineRunsStatus"} == set(calls)
        assert densest(airflow.polls(), 1.9) <= 10
        assert after - before < 20
        assert airflow.states() == {"deferred": 1000}
