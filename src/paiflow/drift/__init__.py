"""Tell what replies hold that the description lacks, and make the description true again.

The client decodes leniently, so a field or status that the service has added breaks nothing, and nobody notices. This
notices: in a client's replies, `paiflow.observe(client)`; in recorded traffic, `paiflow drift FILE…`.

    recordings.py   files ► recorded replies    (exchanges.py, encodings.py)
    replies.py      a recorded reply ► the response that describes it, or why there is none
    schemas.py      a description ► its schemas, each with its place
    walk.py         a reply and its schema ► deviations
    findings.py     deviations ► findings: where, how often, an example
    repair.py       replies ► an overlay after which there are no deviations    (changes.py, inference.py, names.py)
    observing.py    a client's replies, while they come

Needs the extra `drift`. Nothing that `import paiflow` loads may import this package.
"""

from paiflow._distribution import PACKAGES

try:
    from paiflow._description import DescriptionError
    from paiflow.drift.collecting import Collection
    from paiflow.drift.findings import Finding
    from paiflow.drift.observing import Observation, observe
    from paiflow.drift.recordings import RecordingError, read
    from paiflow.drift.repair import RepairError, overlay
    from paiflow.drift.replies import NOT_DESCRIBED, Recorded, Reply
    from paiflow.drift.schemas import Schemas, load
except ModuleNotFoundError as _error:
    if _error.name not in PACKAGES["drift"]:
        raise
    raise ImportError(
        f"the drift report needs the package {_error.name}, among others: pip install 'paiflow-client[drift]'",
        name=_error.name,
    ) from None

__all__ = [
    "NOT_DESCRIBED",
    "Collection",
    "DescriptionError",
    "Finding",
    "Observation",
    "Recorded",
    "RecordingError",
    "RepairError",
    "Reply",
    "Schemas",
    "load",
    "observe",
    "overlay",
    "read",
]
