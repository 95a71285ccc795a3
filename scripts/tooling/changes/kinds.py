"""Find the Python types that the client uses for the values of a schema.

In replies as the client's models decode them: one type for a field, None aside. In requests all
types that may be given. Members of enums are texts.

Source: reply_models.py, for replies; openapi-python-client for requests.
"""

from __future__ import annotations

from tooling.changes.shapes import INTEGER, TYPES, Facet, Shape

# Of texts: formats that are more than a text in Python. A uuid is one in requests only, for the vendor masks his ids.
IN_REPLIES = {"date-time": "datetime", "date": "date"}
IN_REQUESTS = {**IN_REPLIES, "uuid": "UUID"}

OTHERS = {"boolean": "bool", "array": "list", "object": "model", "null": "None"}

AS_THEY_CAME = frozenset({"str", "int", "float", "bool"})
"""Types of values that are read as they stand in the JSON."""


def in_reply(shape: Shape) -> set[str]:
    """Return the types of a reply's field, None aside; `Any` for a value as it came."""
    facets = {json_type: facet for json_type, facet in shape.facets.items() if json_type != "null"}
    if not facets or len(shape.facets) == len(TYPES):
        return {"Any"}
    found = set()
    for json_type, facet in facets.items():
        match json_type:
            case "string":
                found |= _texts(facet)
            case "number" if _whole(facet):
                found.add("str" if "string" in facets else "int")  # a number becomes its digits
            case "number":
                found.add("float")
            case _:
                found.add(OTHERS[json_type])
    return found


def _texts(facet: Facet) -> set[str]:
    """Return the types of texts in replies: what is a time or else some text, such as "", reads as a time."""
    formats = {branch.keywords.get("format") for branch in facet.branches}
    special = {kind for key, kind in IN_REPLIES.items() if key in formats}
    return special | ({"str"} if facet.named else set()) or {"str"}


def in_request(shape: Shape) -> set[str]:
    """Return the types that may be given."""
    found: set[str] = set()
    for json_type, facet in shape.facets.items():
        match json_type:
            case "string":
                found |= {IN_REQUESTS.get(str(branch.keywords.get("format")), "str") for branch in facet.branches}
                found |= {"str"} if facet.named else set()
            case "number":
                found |= {"int"} if _whole(facet) else {"int", "float"}
            case _:
                found.add(OTHERS[json_type])
    return found


def models(shape: Shape) -> set[str]:
    """Return the components that the models of a place are of, "" for one of its own; none where not all are models."""
    if not {"object"} <= shape.facets.keys() <= {"object", "null"}:
        return set()
    return {branch.name for branch in shape.facets["object"].branches}


def bases(shape: Shape) -> set[str]:
    """Return the components that the model of a place is, or extends; none where it is not one model."""
    branches = shape.facets["object"].branches if models(shape) else ()
    return {*branches[0].bases, branches[0].name} - {""} if len(branches) == 1 else set()


def enums(shape: Shape) -> set[str]:
    """Return the components that name a place's texts, "" for the place itself."""
    return {named.home for named in shape.facets["string"].named.values()} if "string" in shape.facets else set()


def _whole(facet: Facet) -> bool:
    """Whether numbers are whole."""
    return all(INTEGER in branch.keywords for branch in facet.branches) and all(
        isinstance(named.value, int) or float(named.value).is_integer() for named in facet.named.values()
    )
