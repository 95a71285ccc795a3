"""Read each field of what a reply holds once, as both clients name them; dates are made where a client makes dates."""

from collections.abc import Callable, Iterable
from operator import attrgetter

RUN = attrgetter("pipeline_run_id", "status", "name", "user_id", "parent_user_id", "node_id", "source_id", "is_deleted")
NODE = attrgetter(
    "node_id",
    "node_name",
    "status",
    "started_at",
    "finished_at",
    "pipeline_run_id",
    "input_artifact_archived",
    "output_artifact_archived",
)
SUMMARY = attrgetter(
    "pipeline_run_id",
    "status",
    "name",
    "user_id",
    "parent_user_id",
    "node_id",
    "source_id",
    "started_at",
    "finished_at",
    "duration",
    "workspace_id",
    "message",
    "source_type",
    "gmt_create_time",
    "gmt_modified_time",
    "pipeline_id",
    "accessibility",
    "pipeline_run_uri",
)


def read(items: Iterable[object], fields: Callable[[object], object]) -> int:
    """Read these fields of each item, and return how many items there were."""
    count = 0
    for item in items:
        fields(item)
        count += 1
    return count
