"""What the workers share: be told how often, do it, say how long each took."""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path


def serve(operation: Callable[[], object]) -> None:
    """Measure the operation as often as stdin says: a line with a count, answered by a line with three numbers.

    These are the seconds of the clock and of the processor (user and system, all threads) that each of the count took,
    and the process's peak of memory. What the operation returns is let go within the time. The garbage collector runs as
    it does for anybody.
    """
    print("ready", flush=True)
    for line in sys.stdin:
        count = int(line)
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            operation()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(wall / count, cpu / count, peak(), flush=True)


def peak(pid: int | str = "self") -> int:
    """Return the most bytes of memory that a process has held so far; 0 where the system does not tell.

    Not from getrusage, whose figure a process takes over from the one that started it.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)
