"""The documentation site: pages that follow from the description, and nothing that needs a network."""

import json
import re

import pytest

from paiflow_api.operations import OPERATIONS
from tooling.site.bars import bars
from tooling.site.hooks import loaded_from_elsewhere
from tooling.site.operations_page import method_name, page


def test_the_reference_has_each_operation_with_each_parameter_and_a_sample():
    text = page()
    for operation in OPERATIONS.values():
        _, _, section = text.partition(f"\n## {operation.name}\n")
        section, _, _ = section.partition("\n## ")

        assert f"client.{method_name(operation)}(" in section
        assert operation.link in section
        assert "```json\n{" in section
        for parameter in operation.parameters:
            assert f"| `{parameter.name}` | `{parameter.argument}` |" in section


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://cdn.example/x.js"></script>', ["https://cdn.example/x.js"]),
        ('<link rel="stylesheet" href="//fonts.example/css">', ["//fonts.example/css"]),
        ("<img alt=a src=http://pictures.example/a.png>", ["http://pictures.example/a.png"]),
        ('<script src="assets/a.js"></script><a href="https://example.org">read</a><img src="data:image/png;,">', []),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(html, found):
    assert found == loaded_from_elsewhere(html)


def line(what, against, unit="s", by="cpu", **ratios):
    """A line of the bench, as it is in JSON; a ratio is its median, lowest and highest round."""
    spreads = {kind: dict(zip(("median", "low", "high"), ratio, strict=True)) for kind, ratio in ratios.items()}
    return {
        "row": "row",
        "what": what,
        "against": against,
        "unit": unit,
        "by": by,
        "wall": None,
        "cpu": None,
        **spreads,
    }


def test_a_bar_is_drawn_for_each_line_that_is_compared_by_what_counts_in_it():
    lines = [
        line("import", "httpx", cpu=(1.36, 0.98, 2.02), wall=(1, 1, 1)),
        line("call", "the vendor's, unsigned", by="wall", wall=(0.32, 0.24, 0.5), cpu=(1, 1, 1)),
        line("mock", "Prism", unit="/s", by="wall", wall=(2.0, 1.0, 4.0)),
        line("poll", None, cpu=(1, 1, 1)),
        line("size", "the vendor's"),
    ]
    picture = bars(json.dumps({"lines": lines}))

    labels = re.findall(r'text-anchor="end">([^<]*)<', picture)
    assert ["row: import / httpx", "row: call / the vendor&#x27;s", "row: mock / Prism"] == labels
    assert [("s", "136"), ("o", "32"), ("o", "50")] == re.findall(r'<rect class="(.)" [^>]*width="(\d+)"', picture)
    spreads = [(int(start) - 560, int(end) - 560) for start, end in re.findall(r'd="M(\d+) \d+H(\d+)"', picture)]
    assert [(98, 202), (24, 50), (25, 100)] == spreads


def test_a_bar_that_is_too_long_is_cut_and_keeps_its_number():
    picture = bars(json.dumps({"lines": [line("a", "b", cpu=(9.5, 9.0, 20.0))]}))

    assert "9.50</text>" in picture
    assert ["340"] == re.findall(r'<rect [^>]*width="(\d+)"', picture)
