"""The mock service, as `paiflow mock` serves it. Arguments: how many runs to hold, and seconds that each reply takes.

Writes its endpoint, an access key's id and its secret in one line, and serves until its input ends. The runs are those
that ids.run_id numbers.
"""

import os
import signal
import sys
import threading

from paiflow.mock import MockService, run
from tooling.bench.ids import run_id

runs, delay = int(sys.argv[1]), float(sys.argv[2])
service = MockService()
for number in range(runs):
    service.stage.add_run(run_id(number), "Running")
if delay:
    service.faults.add("slow", delay=delay)


def end_with_input() -> None:
    """End the server when there is no more to read."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def ready(endpoint: str) -> None:
    """Tell how to come here."""
    print(endpoint, service.credentials.access_key_id, service.credentials.access_key_secret, flush=True)


threading.Thread(target=end_with_input, daemon=True).start()
run(service, "127.0.0.1", 0, ready)
