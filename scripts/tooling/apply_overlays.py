"""Print a description with overlays applied: `scripts/apply-overlays [--lenient] [BASE] OVERLAY…`.

Exit 0: YAML on stdout. 1: the input cannot be used, or stdout cannot be written, one line on stderr. 2: usage.
Stdout is empty unless all went well. A reader that has gone, as in `… | head`, ends it quietly.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from paiflow import _yaml, overlays


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code, after writing the result to stdout or one line to stderr."""
    parser = argparse.ArgumentParser(
        prog="apply-overlays",
        description="Apply OpenAPI overlays, in order, to a description; YAML or JSON in, YAML to stdout.",
        usage="%(prog)s [-h] [--lenient] [BASE] OVERLAY [OVERLAY ...]",
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="the description and its overlays; where the first is an overlay too, its 'extends' names the description",
    )
    parser.add_argument(
        "--lenient", action="store_true", help="accept targets that match nothing and actions that change nothing"
    )
    options = parser.parse_intermixed_args(arguments)
    try:
        base, *rest = options.files
        if _is_overlay(base):
            base, rest = None, options.files
        elif not rest:
            parser.error("no overlay given")
        text = _yaml.dump(overlays.apply_files(base, rest, lenient=options.lenient))
        _write(text)
    except (overlays.OverlayError, _yaml.YamlError) as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"cannot write: {error.strerror or error}")
    return 0


def _write(text: str) -> None:
    """Write a text to stdout, past the buffer of sys.stdout, which would fail once more at exit.

    Raises:
        OSError: it cannot be written, for another reason than that its reader has gone.
    """
    if sys.stdout is None:  # closed by the caller
        raise OSError("stdout is closed")
    with contextlib.suppress(BrokenPipeError), open(sys.stdout.fileno(), "wb", closefd=False) as stdout:
        stdout.write(text.encode("utf-8"))


def _complain(reason: str) -> int:
    print(f"apply-overlays: {reason}", file=sys.stderr)
    return 1


def _is_overlay(path: str) -> bool:
    document = _yaml.load_file(path)
    return isinstance(document, dict) and "overlay" in document


if __name__ == "__main__":
    sys.exit(main())
