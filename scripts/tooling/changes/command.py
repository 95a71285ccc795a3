"""Report the changes between two effective descriptions, and check that the version and the CHANGELOG cover them.

Each change has two verdicts: on the wire (clients of today, a service that follows the new description) and for users of
the client. `breaking`: existing code may fail. `additive`: something was added. `invisible`: no observable
effect. The version must rise as the verdict for users requires: breaking is major (minor while it starts with 0),
additive is minor; a change of the wire alone is patch, without a line in CHANGELOG.md.
Without --base, the last release: the newest tag vX.Y.Z, else the commit that wrote the newest section of CHANGELOG.md.
The Python API is compared where the base is a revision and there is no --new. With --new, the version is info.version of
the two descriptions, and no CHANGELOG is asked for; where that is no version like 1.2.3, only what breaks is an error.
Exit status: 0 nothing is missing, 1 the version or a line in CHANGELOG.md is, 2 usage or it could not run, 3 no base.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from paiflow._description import DescriptionError
from paiflow._yaml import YamlError
from paiflow.overlays import OverlayError
from tooling.arguments import parser_of
from tooling.changes import report
from tooling.changes.base import NoBaseError
from tooling.changes.comparing import compared
from tooling.generation import ROOT


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    base: str | None = None
    new: str | None = None
    json: str | None = None
    junit: str | None = None


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parsed(arguments)
    try:
        return run(options)
    except NoBaseError as error:
        return _complain(str(error), 3)
    except (DescriptionError, YamlError, OverlayError, OSError) as error:
        return _complain(str(error), 2)
    except RecursionError:
        return _complain("a description nests too deeply", 2)


def parsed(arguments: list[str] | None) -> Options:
    """Return the options, or leave with 2."""
    parser = parser_of("changes", __doc__)
    parser.add_argument(
        "--base", metavar="REV|FILE", help="what to compare with; a file wins over a revision of its name"
    )
    parser.add_argument("--new", metavar="FILE", help="the new description; by default openapi.yaml with its overlays")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON too; - is stdout, instead of the text")
    parser.add_argument("--junit", metavar="FILE", help="write the report as JUnit's XML too")
    return Options(**vars(parser.parse_args(arguments)))


def run(options: Options) -> int:
    """Compare, report, and return the exit status.

    Raises:
        NoBaseError: there is nothing to compare with.
        DescriptionError, YamlError, OverlayError, OSError: a file cannot be used.
    """
    found = compared(ROOT, options.base, options.new)
    if options.junit:
        Path(options.junit).write_bytes(report.as_junit(found))
    if options.json == "-":
        print(report.as_json(found))
    else:
        if options.json:
            Path(options.json).write_text(report.as_json(found) + "\n", encoding="utf-8")
        print(report.text(found))
    return 0 if found.judgement.covered else 1


def _complain(reason: str, status: int) -> int:
    print(f"scripts/changes: {' '.join(reason.split())}", file=sys.stderr)
    return status
