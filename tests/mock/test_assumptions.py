"""What the mock assumes is in one list, and each entry is used."""

import re
from pathlib import Path

from paiflow import mock
from paiflow.mock import ASSUMPTIONS, effective_description

NAMED = re.compile(r"Assumptions?: ([a-z-]+(?:, [a-z-]+)*)")


def test_the_list_holds_each_assumption_that_the_code_names_and_no_other():
    sources = [path for path in Path(mock.__file__).parent.glob("*.py") if path.name != "assumptions.py"]
    named = {name for path in sources for names in NAMED.findall(path.read_text("utf-8")) for name in names.split(", ")}

    assert named == {one.name for one in ASSUMPTIONS}
    assert len(ASSUMPTIONS) == len(named)


def test_an_assumption_names_operations_that_there_are():
    assert {action for one in ASSUMPTIONS for action in one.operations} <= set(effective_description().operations)
