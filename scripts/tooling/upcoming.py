"""Report the changes that the newest generator, ruff and dependencies would make: generated/, public API, versions.

They are installed into an environment of their own in a temporary folder, where the package is generated anew; nothing in
this clone is touched. The report is Markdown; in a workflow it goes to the job's summary too. Versions alone are told, and
change nothing.
Exit status: 0 nothing would change, 1 something would, 2 usage or it could not be tried.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from packaging.version import InvalidVersion, Version

from tooling import upcoming_report
from tooling.arguments import parser_of
from tooling.changes import python_api
from tooling.generation import GENERATED, PACKAGE, ROOT
from tooling.upcoming_environment import (
    GENERATOR,
    CannotInstallError,
    Environment,
    installed,
    locked_versions,
    requirements,
)
from tooling.upcoming_report import Report

SUMMARY = "GITHUB_STEP_SUMMARY"

Make = Callable[[Path, Sequence[str]], Environment]


def main(arguments: list[str] | None = None, make: Make = installed) -> int:
    """Run the command and return its exit status.

    Args:
        arguments: of the command line.
        make: makes an environment in a folder that holds what is required.
    """
    options = _parsed(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="paiflow-upcoming-") as folder:
            report = tried(make, Path(folder), options.generator)
            text = upcoming_report.markdown(report)
        if summary := os.environ.get(SUMMARY):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(text)
    except (CannotInstallError, OSError) as error:
        print(f"scripts/upcoming: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("scripts/upcoming: interrupted", file=sys.stderr)
        return 2
    print(text, end="")
    return 1 if report.changes else 0


def tried(make: Make, folder: Path, generator: str | None) -> Report:
    """Return the changes that the newest versions would make.

    Args:
        make: makes the environment.
        folder: to make it in.
        generator: the version of the generator to try, None for the newest.

    Raises:
        CannotInstallError: the versions cannot be installed.
    """
    required = requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [f"{name}=={generator}" if name == GENERATOR and generator else name for name in required]
    environment = make(folder / "environment", wanted)
    fresh = folder / "generated"
    fresh.mkdir()
    failure = environment.generate(fresh / PACKAGE.name)
    api = []
    if failure is None:
        src = ROOT / "src"
        api = list(python_api.findings(python_api.load(src, GENERATED), python_api.load(src, fresh), {}))
    return Report(
        versions=upcoming_report.moved(required, locked_versions(_lock()), environment.versions()),
        failure=failure,
        files=[] if failure else upcoming_report.differences(PACKAGE, fresh / PACKAGE.name),
        api=[(finding.client.value, finding.place, finding.what) for finding in api],
    )


def _lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = parser_of("upcoming", __doc__)
    parser.add_argument(
        "--generator", metavar="X.Y.Z", type=_version, help=f"the version of {GENERATOR}; else the newest"
    )
    return parser.parse_args(arguments)


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        raise argparse.ArgumentTypeError(f"{text!r} is not a version like 1.2.3") from None


if __name__ == "__main__":
    sys.exit(main())
