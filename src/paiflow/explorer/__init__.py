"""Use the service from a browser, a curl, or any tool: plain requests to this machine go out signed.

    from paiflow import AsyncPaiFlow
    from paiflow.explorer import serve

    with serve(AsyncPaiFlow(region="cn-hangzhou")) as address:
        print(address.page)  # a page that knows all operations, signs, sends, and writes the code that does the same

It is safe by construction: it listens on this machine only, knows its own page and those who have its token, sends what the
description describes, to hosts that are fixed at the start, and changes nothing unless it is told that it may.

Needs the extra `explorer`. Nothing that `import paiflow` loads may import this package.
"""

from paiflow._distribution import PACKAGES, installed

if not installed("explorer"):
    raise ImportError(
        f"the explorer needs {', '.join(PACKAGES['explorer'])}: pip install 'paiflow-client[explorer]'", name="explorer"
    )

from paiflow.explorer.demo import Demo, demo
from paiflow.explorer.serving import Address, Settings, run, serve

__all__ = ["Address", "Demo", "Settings", "demo", "run", "serve"]
