"""Servers that are no workers: Prism, and the processor time of any."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tooling.bench.environments import ROOT
from tooling.bench.errors import BenchError
from tooling.bench.programs import environment

DESCRIPTION = ROOT / "generated" / "paiflow_api" / "openapi.yaml"
# Seconds in which Prism has to listen.
PATIENCE = 60.0


@contextlib.contextmanager
def prism(folder: Path, *options: str) -> Iterator[tuple[str, int]]:
    """Run Prism on the effective description, silent; give its endpoint and its process's number.

    Raises:
        BenchError: it does not start.
    """
    program = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    port = _free_port()
    command = [shutil.which("node") or "node", str(program), "mock", "--host", "127.0.0.1", "--port", str(port)]
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            [*command, "--verboseLevel", "silent", *options, str(DESCRIPTION)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment(),
        ) as process,
    ):
        try:
            deadline = time.monotonic() + PATIENCE
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    lines = said.read().strip().splitlines() or ["it says nothing"]
                    raise BenchError(f"Prism does not start: {lines[-1]}")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.kill()


def cpu_seconds(pid: int) -> float | None:
    """Return the processor time of another process, user and system, all threads; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    # Prism can choose one by itself, but being silent it does not say which.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
