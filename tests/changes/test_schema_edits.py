"""Each edit of a schema has its two verdicts, where clients send such values and where they get them."""

from pathlib import Path

import pytest

from paiflow import _yaml
from tooling.changes.documents import checked
from tooling.changes.operations import findings
from tooling.changes.verdicts import Side, gathered, worst

EDITS = _yaml.load_file(Path(__file__).parent.parent / "data/changes/schemas.yaml")


def description(side, schema):
    """A description whose one operation sends, or answers with, an object that holds such a value."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    operation = {"responses": {"200": {"description": "", "content": content if side is Side.REPLY else {}}}}
    if side is Side.REQUEST:
        operation["requestBody"] = {"content": content}
    thing = {"type": "object", "properties": {"Field": schema}}
    return checked(
        {
            "openapi": "3.1.0",
            "info": {"title": "", "version": "1"},
            "paths": {"/things": {"put": operation}},
            "components": {"schemas": {"Thing": thing}},
        },
        "a description",
    )


@pytest.mark.parametrize("side", [Side.REQUEST, Side.REPLY])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["edit"])
def test_each_edit_of_a_schema_has_its_verdicts(edit, side):
    changes = gathered(findings(description(side, edit["old"]), description(side, edit["new"])))
    told = [f"{change.place}: {change.what}: {change.wire}, {change.client}" for change in changes]

    verdicts = worst(change.wire for change in changes), worst(change.client for change in changes)
    assert edit[side] == ", ".join(verdicts), told
    if side is Side.REQUEST and "invisible, invisible" not in (edit["request"], edit["reply"]):
        assert edit.get("changes", 1) == len(changes), told
    assert edit.get("changes", 1) > 0 or not changes, told
    assert {str(side), "text"} >= {change.side for change in changes}
    assert all(change.place.startswith("Thing.Field") for change in changes), told


def test_the_table_gives_a_reason_for_each_edit():
    assert all(edit["why"] for edit in EDITS)
    assert len({edit["edit"] for edit in EDITS}) == len(EDITS) >= 80
