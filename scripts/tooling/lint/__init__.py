"""Lint the description and its overlays: their YAML, their contents, and their examples.

    style       yamllint: keys that are there twice, values that mean something else than they seem to, layout
    rules       openapi-spec-validator, and few rules of our own: names, links, errors, references, components
    examples    every example and default against its schema
    evidence    every action of an overlay tells its evidence
    origins     which action of which overlay brought a fault about
    faults      something that is wrong, and its place
    command     runs all of it and prints file, line and what is wrong

Every operation has an operationId, a tag, a summary, a link to the vendor's page and, once the overlays are applied,
errors. A linter for OpenAPI that is well kept (redocly, spectral, vacuum) needs node or a downloaded binary, which a machine
with only Python and git has not: so redocly runs in the workflow `checks`, and here are the rules that matter to us.
"""

from tooling.generation import OVERLAYS
from tooling.lint.command import main
from tooling.lint.evidence import evidence_faults
from tooling.lint.examples import example_faults
from tooling.lint.rules import OF_DESCRIPTIONS, OF_EFFECTIVE, error_faults, invalid, operation_faults

__all__ = [
    "OF_DESCRIPTIONS",
    "OF_EFFECTIVE",
    "OVERLAYS",
    "error_faults",
    "evidence_faults",
    "example_faults",
    "invalid",
    "main",
    "operation_faults",
]
