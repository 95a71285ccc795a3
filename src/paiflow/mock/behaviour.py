"""How the service behaves where its pages leave it open, or where a test wants it otherwise."""

from collections.abc import Callable, Collection
from typing import Literal

import attrs

from paiflow.mock.ids import new_id

__all__ = ["Behaviour"]


@attrs.frozen(kw_only=True)
class Behaviour:
    """The settings of a service.

    Args:
        node_takes: seconds for which each node of a run runs that was created or started by a request.
        terminating_takes: seconds from Terminating to Terminated.
        fails: names of nodes that fail when they first run; a rerun succeeds.
        log_offset: what Offset of ListPipelineRunNodeLogs counts: lines, or pages of PageSize lines.
        new_id: makes an id from its prefix.
    """

    node_takes: float = 10.0
    terminating_takes: float = 2.0
    fails: Collection[str] = ()
    log_offset: Literal["lines", "pages"] = "lines"
    new_id: Callable[[str], str] = new_id
