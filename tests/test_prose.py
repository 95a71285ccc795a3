"""The check of words: misspellings, and words that make a sentence hard to read."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODESPELL = Path(sys.executable).with_name("codespell")


def found(folder, text):
    """What scripts/check says of a page with this text."""
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    done = subprocess.run([CODESPELL, page], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [line.partition(".md:")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The service now ignores this field.", []),
        ("A field is added.\nWhoever sends it is not heard.", ["2: Whoever ==> The caller, The user, Anyone who"]),
        ("A page that nobody reads", ["1: nobody ==> no one, no client, no code"]),
        ("The answer is recieved.", ["1: recieved ==> received"]),
        ("The run flow-of-nobody is an id, not a word.", []),
    ],
)
def test_a_hard_word_is_reported_with_others_to_use(tmp_path, text, expected):
    assert found(tmp_path, text) == expected
