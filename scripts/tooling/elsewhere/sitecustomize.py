"""Move the clock of each Python process that finds this folder on its path: scripts/test-elsewhere puts it there.

The clock is moved before anything else is loaded, and in the programs that tests start, too. Nothing waits longer for it.
"""

import contextlib
import os
import time

with contextlib.suppress(ModuleNotFoundError):  # another environment's Python, such as one that a test makes
    import time_machine

    # Otherwise pytest warns that this plugin of its own cannot be rewritten any more.
    time_machine.__doc__ = "PYTEST_DONT_REWRITE"
    time_machine.travel(time.time() + 86400 * float(os.environ["DAYS_AHEAD"]), tick=True).start()
