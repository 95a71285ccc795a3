"""Each edit of a description is told in one line a change: both verdicts, side, place and what."""

import functools
from pathlib import Path

import pytest
from changes.edits import edited
from described import effective_description

from paiflow import _yaml
from tooling.changes.documents import checked
from tooling.changes.operations import findings
from tooling.changes.verdicts import gathered

DATA = Path(__file__).parent.parent / "data/changes"
SMALL = _yaml.load_file(DATA / "small.yaml")
OURS = effective_description()
TABLES = {"descriptions.yaml": SMALL, "ours.yaml": OURS}
EDITS = [(name, edit) for name in TABLES for edit in _yaml.load_file(DATA / name)]


@functools.cache
def described(name):
    """One of the descriptions, as it was."""
    return checked(TABLES[name], "the old one")


def told(old, new):
    """The lines of a comparison, without reasons, sorted."""
    changes = gathered(findings(old, checked(new, "the new one")))
    return sorted(f"{change.wire}, {change.client}, {change.side}: {change.place}: {change.what}" for change in changes)


@pytest.mark.parametrize(("name", "edit"), EDITS, ids=[edit["edit"] for _, edit in EDITS])
def test_each_edit_of_a_description_is_told_with_its_verdicts(name, edit):
    before = edited(TABLES[name], edit.get("before", {}))
    old = checked(before, "the old one") if "before" in edit else described(name)

    assert sorted(edit["told"]) == told(old, edited(before, edit)), edit["why"]


@pytest.mark.parametrize("name", TABLES)
def test_a_description_has_not_changed_from_itself(name):
    assert [] == told(described(name), TABLES[name])


def test_the_tables_give_a_reason_for_each_edit():
    assert all(edit["why"] for _, edit in EDITS)
    assert len({edit["edit"] for _, edit in EDITS}) == len(EDITS) >= 40
