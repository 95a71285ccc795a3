"""Compare openapi.yaml, without the overlays, with the vendor's machine-readable description of the operations.

FILE is JSON: {OPERATION: {version, method, path, parameters: [{in, name, schema}], response: schema}}. Told are
operations, parameters and fields that are new there, that are gone there, and that differ in type, place or required.
A number's format counts where openapi.yaml names one.
Exit status: 0 the same, 1 something differs, 2 usage, or a file that cannot be used.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paiflow import _yaml
from tooling.arguments import parser_of
from tooling.generation import DESCRIPTION
from tooling.vendor import ours, report, theirs
from tooling.vendor.comparing import differences


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = parser_of("vendor", __doc__)
    parser.add_argument("file", metavar="FILE", type=Path, help="the vendor's description")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    try:
        vendor = theirs.read(options.file)
        found = differences(ours.operations(_yaml.load_file(DESCRIPTION)), vendor)
    except (theirs.VendorFileError, _yaml.YamlError) as error:
        print(f"scripts/vendor: {error}", file=sys.stderr)
        return 2
    write = report.as_json if options.json else report.as_text
    print(write(found, len(vendor)), end="")
    return 1 if found else 0
