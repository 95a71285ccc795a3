"""A component is compared once, by its name, however it is reached; descriptions may be large, and lead to themselves."""

from tooling.changes.documents import checked
from tooling.changes.operations import findings
from tooling.changes.verdicts import gathered


def description(schemas, *used):
    """A description whose operations answer with these components."""
    content = [{"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}} for name in used]
    return checked(
        {
            "openapi": "3.1.0",
            "info": {"title": "", "version": "1"},
            "paths": {
                f"/{index}": {"get": {"responses": {"200": {"description": "", "content": found}}}}
                for index, found in enumerate(content)
            },
            "components": {"schemas": schemas},
        },
        "a description",
    )


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def told(old, new):
    return [f"{change.place}: {change.what}" for change in gathered(findings(old, new))]


def animals(*, limit, animal):
    """Two schemas that hold one of two components."""
    return description(
        {
            "Zoo": {"type": "object", "properties": {"First": animal}},
            "Farm": {"type": "object", "properties": {"All": {"type": "array", "items": animal}}},
            "Cat": {"type": "object", "properties": {"Name": {"type": "string", "maxLength": limit}}},
            "Dog": {"type": "object", "properties": {"Friend": {"oneOf": [ref("Cat"), ref("Dog")]}}},
        },
        "Zoo",
        "Farm",
    )


def test_an_alternative_that_is_a_component_is_told_by_its_name_and_once():
    animal = {"oneOf": [ref("Cat"), ref("Dog")]}

    assert ["Cat.Name: maxLength 5 → 6"] == told(animals(limit=5, animal=animal), animals(limit=6, animal=animal))


def test_an_alternative_with_more_to_it_is_told_where_it_is():
    def animal(asked):
        return {"type": "object", "required": asked, "oneOf": [ref("Cat"), ref("Dog")]}

    old, new = (animals(limit=5, animal=animal(asked)) for asked in ([], ["Name"]))
    assert ["Farm.All[].Name: required now", "Zoo.First.Name: required now"] == told(old, new)


def test_a_long_chain_of_components_is_no_deep_one():
    def chain(limit):
        links = {
            f"Link{index}": {"type": "object", "properties": {"Next": ref(f"Link{(index + 1) % 500}")}}
            for index in range(500)
        }
        links["Link499"]["properties"]["Name"] = {"type": "string", "maxLength": limit}
        return description(links, "Link0")

    assert ["Link499.Name: maxLength 5 → 6"] == told(chain(5), chain(6))


def parts(base, *, joined=True, asked=()):
    """Two schemas that hold all of one component, and more."""
    more = {"type": "object", "properties": {"Own": {"type": "string"}}}
    return description(
        {
            "Base": {"type": "object", "properties": base, "required": list(asked)},
            "One": {"allOf": [ref("Base"), more]},
            "Two": {"allOf": [ref("Base"), more] if joined else [more]},
        },
        "One",
        "Two",
    )


TEXT = {"type": "string"}


def test_a_field_of_a_part_is_told_as_the_parts():
    assert ["Base.A: type string → integer"] == told(parts({"A": TEXT}), parts({"A": {"type": "integer"}}))
    assert ["Base.B: removed"] == told(parts({"A": TEXT, "B": TEXT}), parts({"A": TEXT}))
    assert ["Base.B: added"] == told(parts({"A": TEXT}), parts({"A": TEXT, "B": TEXT}))
    assert ["Base.A: required now"] == told(parts({"A": TEXT}), parts({"A": TEXT}, asked=["A"]))


def test_a_part_that_is_left_takes_its_fields_from_the_place_that_left_it():
    assert ["Two.A: removed", "Two: is no Base any more"] == told(parts({"A": TEXT}), parts({"A": TEXT}, joined=False))
    assert ["Two.A: added"] == told(parts({"A": TEXT}, joined=False), parts({"A": TEXT}))


def test_a_field_that_moves_between_parts_and_changes_is_told_where_both_are():
    def both(first, second):
        return description(
            {
                "First": {"type": "object", "properties": first},
                "Second": {"type": "object", "properties": second},
                "Both": {"allOf": [ref("First"), ref("Second")]},
            },
            "Both",
        )

    assert ["Both.A: type string → integer"] == told(both({"A": TEXT}, {}), both({}, {"A": {"type": "integer"}}))
    assert [] == told(both({"A": TEXT}, {}), both({}, {"A": TEXT}))
