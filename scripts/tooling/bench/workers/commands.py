"""Run a command as often as stdin says. Arguments: the command. Its output must not be empty, and its exit status 0.

Each line with a count is answered by a line: the seconds of the clock and of the processor that each took, and the peak of
memory of the largest so far. It has a process of its own because a command takes over the peak of the one that starts it.
"""

import resource
import subprocess
import sys
import time

print("ready", flush=True)
for line in sys.stdin:
    count = int(line)
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(count):
        finished = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if finished.returncode or not finished.stdout:
            said = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
            sys.exit(f"{sys.argv[1]} fails: {said[-1]}")
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(wall / count, cpu / count, after.ru_maxrss * 1024, flush=True)
