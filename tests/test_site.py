"""The documentation site: pages that follow from the description, and nothing that needs a network."""

import pytest

from paiflow_api.operations import OPERATIONS
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
