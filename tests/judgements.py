"""How a description judges values: of each parameter, body, reply and header, whether it accepts probing values.

The values are derived from the description: documented samples and examples, and mutations of them. Two descriptions
mean the same to a server and its clients as far as they accept the same ones.
"""

import json
import re
from urllib.parse import quote

import jsonschema_rs

from paiflow._description import Description, DescriptionError, keys_of, pointer_to

# Each takes the place of every part of an example in turn.
PROBES = (None, True, -1, 0, 0.5, "", "?", "2021-01-21T17:12:35Z", [], [""], {})


def operations(description):
    """The operations, each as it stands in the description."""
    return [operation.node for operation in Description(description).operations]


def resolved(description, node):
    """What a node refers to, or the node itself; None where it refers to nothing."""
    try:
        return Description(description).resolved(node)[0]
    except DescriptionError:
        return None


def places(description):
    """What is judged: name → (whether it is required and how it is written, where its schema is)."""
    found = {}
    for path, item in description["paths"].items():
        for method, operation in item.items():
            place = pointer_to(path, method, within="#/paths")
            name = operation["operationId"]
            found[f"{name}: security"] = (operation.get("security"), None)
            for index, one in enumerate(operation.get("parameters", [])):
                written = [one.get(key) for key in ("required", "style", "explode")]
                found[f"{name}: {one['in']} {one['name']}"] = (
                    written,
                    pointer_to("parameters", index, "schema", within=place),
                )
            if body := operation.get("requestBody"):
                schema = pointer_to("requestBody", "content", "application/json", "schema", within=place)
                found[f"{name}: body"] = (body.get("required"), schema)
            for status, response in operation["responses"].items():
                where = response.get("$ref", pointer_to("responses", status, within=place))
                found[f"{name}: {status}"] = (None, pointer_to("content", "application/json", "schema", within=where))
                for header, one in (resolved(description, response) or {}).get("headers", {}).items():
                    where_of_header = one.get("$ref", pointer_to("headers", header, within=where))
                    required = (resolved(description, one) or {}).get("required")
                    found[f"{name}: {status} {header}"] = (required, pointer_to("schema", within=where_of_header))
    return found


def at_place(description, pointer):
    """The node at a place."""
    node = description
    for key in keys_of(pointer):
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def reached(description, node):
    """The names of all components that a schema leads to."""
    waiting, seen = [node], set()
    while waiting:
        for name in re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(waiting.pop())):
            if name not in seen:
                seen.add(name)
                waiting.append(description["components"]["schemas"].get(name))
    return seen


def instance(description, schema, depth=6):
    """A value made of the examples of a schema."""
    schema = resolved(description, schema) or {}
    if schema.get("examples"):
        return schema["examples"][0]
    fields = {}
    for part in (schema, *(resolved(description, one) or {} for one in schema.get("allOf", []))):
        if part.get("properties") and depth:
            fields |= {name: instance(description, one, depth - 1) for name, one in part["properties"].items()}
        elif part is not schema and part.get("type") != "string" and depth:
            inherited = instance(description, part, depth - 1)
            fields |= inherited if isinstance(inherited, dict) else {}
    if schema.get("type") == "array" and depth:
        return [instance(description, schema.get("items", {}), depth - 1)]
    return fields if fields or schema.get("type") == "object" else "text"


def mutations(value):
    """A value, and each that results when one part of it is left out, or replaced by a probe."""
    yield value
    yield from PROBES
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: one for name, one in value.items() if name != key}
            for changed in mutations(inner):
                yield {**value, key: changed}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for changed in mutations(inner):
                yield [*value[:index], changed, *value[index + 1 :]]


def validator(description, pointer):
    """What says whether a value fits the schema at a place."""
    registry = jsonschema_rs.Registry([("urn:description", description)])
    schema = {"$ref": f"urn:description#{quote(pointer[1:], safe='/~')}"}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, registry=registry).is_valid


class Judge:
    """Tells how another description judges, compared with one."""

    def __init__(self, description):
        self._description = description
        self._places = places(description)
        nodes = {name: pointer and at_place(description, pointer) for name, (_, pointer) in self._places.items()}
        self._reached = {name: reached(description, node) for name, node in nodes.items()}

    def first_difference(self, other):
        """The first place that the two judge differently, and the value; None if there is none."""
        theirs = places(other)
        schemas, others = (one["components"]["schemas"] for one in (self._description, other))
        changed = {name for name in schemas if schemas[name] != others.get(name)}
        for name in (*self._places, *theirs):
            if name not in self._places or name not in theirs:
                return f"{name}: only in one of the two"
            (written, pointer), (written_there, pointer_there) = self._places[name], theirs[name]
            if written != written_there:
                return f"{name}: {written}, else {written_there}"
            if pointer is None or (
                at_place(self._description, pointer) == at_place(other, pointer_there)
                and not self._reached[name] & changed
            ):
                continue
            accepts, accepts_there = validator(self._description, pointer), validator(other, pointer_there)
            for value in mutations(example(self._description, pointer)):
                if accepts(value) != accepts_there(value):
                    return f"{name}: {'accepted' if accepts(value) else 'refused'}: {json.dumps(value)[:200]}"
        return None


def example(description, pointer):
    """The documented sample of what is at a place, else one made of examples."""
    if pointer.endswith("/schema"):
        holder = at_place(description, pointer.removesuffix("/schema"))
        for named in holder.get("examples", {}).values() if isinstance(holder.get("examples"), dict) else ():
            return named["value"]
    return instance(description, at_place(description, pointer))
