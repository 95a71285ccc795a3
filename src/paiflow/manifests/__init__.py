"""Check a pipeline's manifest before it is sent: what is certainly wrong, each with its place.

Source: "Pipeline manifest", https://www.alibabacloud.com/help/en/pai/developer-reference/pipeline-manifest, and the
manifests on the pages of CreatePipeline, CreatePipelineRun and GetPipeline.
"""

from __future__ import annotations

from paiflow.errors import ConfigurationError
from paiflow.manifests.problems import ManifestProblem

__all__ = ["ManifestProblem", "check_manifest"]


def check_manifest(text: str) -> list[ManifestProblem]:
    """Return what is certainly wrong with a manifest in YAML or JSON, in the order of the text; [] if nothing is.

    Fields that no page documents pass, and so do pipelines that are stored elsewhere: nothing is sent.

    Raises:
        ConfigurationError: PyYAML is not installed.
    """
    try:
        from paiflow.manifests.document import problems_of  # noqa: PLC0415 - needs PyYAML, which the client does not
    except ModuleNotFoundError as error:
        if error.name != "yaml":
            raise
        raise ConfigurationError("check_manifest needs an extra: pip install 'paiflow-client[cli]'") from None
    return problems_of(text)
