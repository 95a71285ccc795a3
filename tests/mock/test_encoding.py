"""The JSON of replies: what an item shows is written once, and anew when it has changed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from paiflow.mock import MockService
from paiflow.mock.encoding import View, written
from paiflow.mock.items import Item

TEXTS = st.text()
OBJECTS = st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS), max_size=4)
VIEWS = OBJECTS.map(View)


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | OBJECTS | st.lists(VIEWS) | st.lists(VIEWS | OBJECTS | TEXTS)))
def test_what_is_written_is_the_reply(fields):
    assert json.dumps(fields, ensure_ascii=False, separators=(",", ":")) == written(fields)


def test_a_view_is_written_once():
    item = Item(("a",), {"Id": "a", "Name": "é"})
    item.refresh(0)
    first, second = (written({"Items": [item.view(("Id", "Name"))]}) for _ in range(2))

    assert '{"Items":[{"Id":"a","Name":"é"}]}' == first == second
    assert item.view(("Id", "Name")).json is item.view(("Id", "Name")).json


def test_a_change_is_written():
    store = MockService(sample=False).store
    run = store.add_run({"PipelineRunId": "flow-a", "Name": "before"})
    assert '{"Runs":[{"Name":"before"}]}' == written({"Runs": [run.view(("Name",))]})
    run.given["Name"] = "after"
    store.runs.update(run, store.now)

    assert '{"Runs":[{"Name":"after"}]}' == written({"Runs": [run.view(("Name",))]})


def test_what_a_fault_makes_of_a_view_is_written_as_it_is_sent():
    view = View({"Id": "a"})
    assert '{"Id":"a"}' == view.json

    assert '{"Items":[{"Id":"a","Status":"odd"}]}' == written({"Items": [view | {"Status": "odd"}]})
