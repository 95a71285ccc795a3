"""A real Airflow with a home, a database and ports of its own, and the mock service that it calls. Not a test."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from paiflow.mock import Behaviour, MockService, serve
from paiflow.mock.lifecycle import _set_run
from paiflow.mock.sample import SAMPLE_USER

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).parent / "airflow"
WORKSPACE = "84028"
MANIFEST = """
apiVersion: core/v1
metadata: {identifier: %s, provider: "1", version: v1}
spec:
  pipelines:
    - apiVersion: core/v1
      metadata: {name: %s, identifier: step, provider: "1", version: v1}
      spec: {outputs: {artifacts: [{name: model, metadata: {type: {Model: {}}}}]}}
"""


class Installation:
    """Airflow as one user has it. Processes that it started end with it.

    Args:
        home: an empty folder.
    """

    def __init__(self, home):
        self.home = home
        self.dags = home / "dags"
        self.dags.mkdir()
        self.asked = []  # moment and operation of each call
        self.service = MockService(
            sample=False, behaviour=Behaviour(node_takes=3, fails=("bad",)), on_request=self._note
        )
        for name in ("train", "evaluate", "bad"):
            self.service.stage.add_pipeline(f"pipeline-{name}", MANIFEST % (name, name), workspace_id=WORKSPACE)
        self._open = contextlib.ExitStack()
        self.endpoint = self._open.enter_context(serve(self.service))
        self.environ = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name.upper()}
        self.environ |= {
            "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",  # standalone looks for airflow there
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "2000",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
            "AIRFLOW__API__PORT": str(free_port()),
            "AIRFLOW__TRIGGER_LOG__PORT": str(free_port()),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW_CONN_PAIFLOW_DEFAULT": json.dumps(self.connection()),
            "PYTHONWARNINGS": "ignore",
            "no_proxy": "*",
        }
        self.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = (
            f"http://127.0.0.1:{self.environ['AIRFLOW__API__PORT']}/execution/"
        )

    def __enter__(self):
        self.run("db", "migrate")
        return self

    def __exit__(self, *_):
        self._open.close()

    def connection(self, **extra):
        """Return the connection to the mock."""
        credentials = self.service.credentials
        return {
            "conn_type": "paiflow",
            "host": self.endpoint,
            "login": credentials.access_key_id,
            "password": credentials.access_key_secret,
            "extra": {"region": "cn-hangzhou", "workspace_id": WORKSPACE, **extra},
        }

    def run(self, *arguments, code=0, timeout=120):
        """Run airflow with these arguments and return what it wrote."""
        finished = subprocess.run(
            [PROGRAM, *arguments],
            env=self.environ,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        words = finished.stdout + finished.stderr
        assert code == finished.returncode, words[-8000:]
        return words

    @contextlib.contextmanager
    def process(self, *arguments):
        """Run airflow in the background, in a session of its own that is ended as a whole."""
        log = self.home / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("w") as file:
            started = subprocess.Popen(
                [PROGRAM, *arguments],
                env=self.environ,
                cwd=self.home,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.log = log
        try:
            yield started
        finally:
            end(started, signal.SIGTERM)
            end(started, signal.SIGKILL)

    def query(self, statement, *values):
        """Return rows of Airflow's database."""
        with contextlib.closing(sqlite3.connect(self.home / "airflow.db", timeout=30)) as database:
            return database.execute(statement, values).fetchall()

    def states(self):
        """Return how many task instances are in each state."""
        return Counter(dict(self.query("select coalesce(state, 'none'), count(*) from task_instance group by 1")))

    def until(self, condition, seconds, process=None):
        """Return once a condition holds; by the real clock, as all of Airflow."""
        deadline = time.monotonic() + seconds
        while not condition():
            words = "" if process is None else process.log.read_text()[-6000:]
            assert time.monotonic() < deadline, f"{self.states()} {words}"
            time.sleep(1)

    def ended(self):
        """Return whether all tasks have ended."""
        return self.states().keys() <= {"success", "failed"}

    def finish(self, run_id, status):
        """Give a run another status, from now on."""
        store = self.service.store
        with store.lock:
            store.catch_up(self.service.clock.now())
            [run] = store.runs_of([run_id], None, SAMPLE_USER)
            _set_run(store, run, [(store.now, status)])

    def _note(self, request):
        operation = next((value for name, value in request.headers if name.lower() == "x-acs-action"), "")
        self.asked.append((time.monotonic(), operation))

    def polls(self):
        """Return the moments of the calls that ask for statuses."""
        return [at for at, operation in self.asked if operation == "ListPipelineRunsStatus"]

    def last_poll(self):
        """Return the moments of the calls of the last poll."""
        moments = self.polls()
        return [at for at in moments if moments[-1] - at < 1.9]


def end(process, number):
    """Send a signal to a process that was started here and all that it started, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)


def free_port():
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
