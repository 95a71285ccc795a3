"""The documentation site: pages that follow from the description, and nothing that needs a network."""

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


def test_the_bars_are_those_of_the_table():
    table = """
| what | paiflow | against | ratio (lowest–highest round) | goal |
|---|---|---|---|---|
| import of the client | 93 ms | `import httpx` alone, 68 ms | 1.36 × (0.98–2.02) | ≤ 1.35 |
|  |  | the vendor's, 272 ms | 0.32 × (0.24–0.50) | ≤ 0.4 |
| core install | 11 | 31 | | ≤ 12 |
"""
    picture = bars(table)
    labels = re.findall(r'text-anchor="end">([^<]*)<', picture)

    assert ["import of the client / import httpx alone", "import of the client / the vendor&#x27;s"] == labels
    assert [("s", "136"), ("o", "32")] == re.findall(r'<rect class="(.)" [^>]*width="(\d+)"', picture)
