"""Move the clock of each Python process that finds this folder on its path: scripts/test-elsewhere puts it there.

The clock is moved before anything else is loaded, and in the programs that tests start, too. Nothing waits longer for it.
"""

import contextlib
import os
import time

# Without the package, or the variable, it is a program that a test gives an environment of its own.
with contextlib.suppress(ModuleNotFoundError, KeyError):
    import time_machine

    # Otherwise pytest warns that this plugin of its own cannot be rewritten any more.
    time_machine.__doc__ = "PYTEST_DONT_REWRITE"
    time_machine.travel(time.time() + 86400 * float(os.environ["DAYS_AHEAD"]), tick=True).start()
