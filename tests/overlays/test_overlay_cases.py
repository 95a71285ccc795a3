"""The applier does what the specification says, sentence by sentence (cases.yaml) and document by document (sets/)."""

from collections import Counter
from pathlib import Path

import pytest

from paiflow import _yaml, overlays

HERE = Path(__file__).parent
CASES = _yaml.load_file(HERE / "cases.yaml")
SETS = sorted(folder.parent for folder in (HERE / "sets").glob("*/overlay.yaml"))
TOPICS = {
    "add-a-license",
    "description-and-summary",
    "many-operations",
    "remove-example",
    "remove-matching-responses",
    "remove-property",
    "remove-server",
    "replace-servers",
    "update-root",
}


def overlay(actions, version="1.1.0", **fields):
    return {"overlay": version, "info": {"title": "T", "version": "1"}, "actions": actions, **fields}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_sentence_of_the_specification_holds(case):
    document = overlay(case["actions"], case.get("version", "1.1.0"))
    lenient = case.get("lenient", False)

    if "error" in case:
        with pytest.raises(overlays.OverlayError) as raised:
            overlays.apply(case["base"], document, lenient=lenient)
        assert case["error"] in str(raised.value)
        assert "\n" not in str(raised.value)
    else:
        assert case["result"] == overlays.apply(case["base"], document, lenient=lenient)


def test_every_case_is_told_once_and_has_one_outcome():
    assert {1} == set(Counter(case["name"] for case in CASES).values())
    assert {1} == {("result" in case) + ("error" in case) for case in CASES}
    assert all(case["says"] and case["redocly"] for case in CASES)
    assert len(CASES) >= 90


def test_where_we_differ_from_redocly_is_strictness_or_version_1_0():
    """What another engine makes of the same cases is kept in them: no difference is a matter of 1.1's text."""
    different = [case for case in CASES if case["redocly"] != "same"]

    assert all(
        case["redocly"] == "accepts it, as the text does" if "version" not in case else case["version"] == "1.0.0"
        for case in different
    )


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_a_whole_document_comes_out_as_told(folder):
    result = overlays.apply_files(folder / "openapi.yaml", [folder / "overlay.yaml"])

    assert _yaml.load_file(folder / "output.yaml") == result


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_our_own_documents_come_out_to_the_letter(topic):
    """Order of keys and layout included: what regenerates must not move."""
    folder = HERE / "sets" / topic

    text = _yaml.dump(overlays.apply_files(folder / "openapi.yaml", [folder / "overlay.yaml"]))

    assert (folder / "output.yaml").read_text(encoding="utf-8") == text


def test_every_topic_is_there():
    assert TOPICS <= {folder.name for folder in SETS}
