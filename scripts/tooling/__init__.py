"""The modules behind the entry points in `scripts/`; run with that folder on the path."""

import contextlib
import sys

for _stream in (sys.stdout, sys.stderr):
    # What the terminal's encoding lacks is escaped; it must not end a script.
    with contextlib.suppress(AttributeError):  # a stream that something else put there, or none
        _stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
