"""Make a description true again: from what replies hold that it lacks, an overlay.

Each deviation asks for the smallest change of the one schema that the walk went through:

    unknown-field             the property is added, its type inferred from all values (inference.py), objects in it are
                              components (names.py: if it can be no attribute, a pattern of names)
    what was always empty     is described by what it holds now
    unknown-value of an enum  it is added, and to x-paiflow-outcomes as `unknown`: nobody knows yet what it means
    unknown-value otherwise   the keyword that it does not fit is removed; among alternatives, one is added
    wrong-kind, null too      the kind is added: to `type`, to the alternatives, or beside a `$ref` or an enum
    missing-field             it is no longer required
    a status                  gets a response, the first of its class that fits

One change can bring others to light, such as those of the items of what is now a list as well; so replies are judged
again until nothing is left. The overlay, as it is written, is then applied whole, strictly; the result has to be valid
OpenAPI, and what all replies were judged by. Otherwise there is no overlay but an error.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paiflow import _yaml, overlays
from paiflow._description import Operation, Place
from paiflow._redaction import redact_text
from paiflow._secrets import REDACTED
from paiflow._text import clean, visible
from paiflow.drift import changes
from paiflow.drift.changes import Change
from paiflow.drift.findings import clean_path
from paiflow.drift.inference import (
    EMPTY_TEXT,
    MAX_LEVELS,
    Alternative,
    Seen,
    TooDeepError,
    alternatives,
    content,
    fields,
    inferred,
    written_names,
)
from paiflow.drift.kinds import in_words, kind_of
from paiflow.drift.names import Attributes, Components, class_of, holder
from paiflow.drift.replies import Reply, judge
from paiflow.drift.schemas import Schema, Schemas, faults, json_path
from paiflow.drift.walk import Deviation, Found, deviations
from paiflow.errors import PaiFlowError

# Each brings to light what the one before covered up; few are needed.
_ROUNDS: Final = 20


class RepairError(PaiFlowError, ValueError):
    """No overlay makes the description true: one line that says why not."""

    exit_code = 2

    def __init__(self, reason: str) -> None:
        """Tell the reason, which may quote a reply, in one line."""
        super().__init__(visible(redact_text(f"no overlay makes the description true: {reason}"[:1000])))


def overlay(description: Schemas, replies: Sequence[Reply], found: Sequence[Found] | None = None) -> str | None:
    """Return the overlay that makes a description fit replies, as YAML; None where it fits them already.

    Args:
        description: what is to be repaired.
        replies: what it is to fit.
        found: where each reply departs from it, if that is known.

    Raises:
        RepairError: there is none.
    """
    _check_objects(description, replies)
    try:
        actions, repaired = _repaired(description, replies, found)
        if not actions:
            return None
        text = _yaml.dump(_document(actions))
        _check(overlays.apply(description.document, _yaml.load(text)), repaired)
    except (overlays.OverlayError, _yaml.YamlError) as error:
        raise RepairError(str(error)) from error
    except RecursionError:
        raise RepairError("the replies nest too deeply") from None
    return text


def _repaired(
    description: Schemas, replies: Sequence[Reply], found: Sequence[Found] | None
) -> tuple[list[dict[str, Any]], Schemas]:
    """Return the actions that make a description fit replies, and the description with them applied."""
    components = Components(description)
    actions: list[dict[str, Any]] = []
    for _ in range(_ROUNDS):
        asked = _asked(description, replies, found)
        if not asked:
            return actions, description
        found = None
        new = list(_actions(description, asked, components))
        # Strictly applied in the end, whole.
        document = overlays.apply(description.document, _document(new), lenient=True)
        description = Schemas(document, "the repaired description")
        actions += new
    for one in _asked(description, replies, None):
        raise one.error(f"{one.first.kind} ({one.first.keyword}) would be left over")
    return actions, description


def _document(actions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "overlay": "1.1.0",
        "info": {"title": "What replies hold that the description lacked", "version": "1.0.0"},
        "actions": actions,
    }


def _check_objects(description: Schemas, replies: Sequence[Reply]) -> None:
    """Raise RepairError if a whole reply is something else where an object is described: no model could be made of it."""
    for reply in replies:
        described = description.described(description.by_name[reply.operation], reply.status)
        if described and described[1] and described[1].kinds == {"object"} and not isinstance(reply.value, dict):
            came = in_words([kind_of(reply.value)])
            raise RepairError(
                f"{reply.where}: the whole reply is of the kind {came}, and the client has models of objects only"
            )


def _check(document: dict[str, Any], repaired: Schemas) -> None:
    """Raise RepairError unless a document is valid, and the same as the description that the replies fit."""
    for fault in faults(document):
        raise RepairError(f"the result would not be valid: {fault}")
    if json.dumps(document) != json.dumps(repaired.document):  # as text, because True == 1 == 1.0 in Python
        raise RepairError("the overlay would be read as another than it was written")


@dataclass
class _Asked:
    """What replies ask of one keyword of one schema, or of one of its fields."""

    operation: Operation
    first: Deviation
    where: str
    values: list[Any] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """The schema that is asked to change."""
        return self.first.place

    @property
    def rearranges(self) -> bool:
        """Whether keywords of the schema move, so that what stands in them has another place afterwards."""
        return self.first.kind == "wrong-kind" or self.first.keyword == "oneOf" or self.is_of_empty_text

    @property
    def is_of_empty_text(self) -> bool:
        """Whether an empty text is all that does not fit a text's format."""
        return self.first.keyword in ("format", "pattern", "minLength") and all(value == "" for value in self.values)

    @property
    def is_first_content(self) -> bool:
        """Whether an object or a list was always empty before."""
        return self.first.keyword in ("maxProperties", "maxItems")

    @property
    def field_name(self) -> str:
        """The name of the field that it is about, or that holds what it is about."""
        names = [step for step in self.first.steps if type(step) is str]  # the key of a map names nothing
        return names[-1] if names else "Reply"

    def error(self, reason: str) -> RepairError:
        """Return the error that says where, and why this cannot be done."""
        return RepairError(f"{self.where}: {clean_path(self.first.steps)}: {reason}")


def _asked(description: Schemas, replies: Sequence[Reply], known: Sequence[Found] | None) -> list[_Asked]:
    """Return what replies ask for, each once, in the order in which it was first seen."""
    asked: dict[tuple[Place, str, str | None], _Asked] = {}
    for reply, found in zip(replies, known or itertools.repeat(None), strict=known is not None):
        for deviation in judge(description, reply)[1] if found is None else found:
            key = (deviation.place, deviation.keyword, deviation.name)
            if key not in asked:
                asked[key] = _Asked(description.by_name[reply.operation], deviation, reply.where)
            asked[key].values.append(deviation.value)
    return list(asked.values())


def _actions(description: Schemas, asked: list[_Asked], components: Components) -> Iterator[dict[str, Any]]:
    """Yield the actions of one round. Of a schema that is rearranged, all else waits for the next."""
    rearranged: dict[Place, _Asked] = {}
    for one in asked:
        if one.rearranges:
            rearranged.setdefault(one.place, one)
    attributes: dict[Place, Attributes] = {}
    for one in asked:
        above = (one.place[:length] for length in range(len(one.place) + 1))
        if any(rearranged.get(place, one) is not one for place in above):
            continue
        try:
            found = list(_changes(description, one, components, attributes))
        except TooDeepError:
            raise one.error(f"nests deeper than {MAX_LEVELS} levels; describe it by hand") from None
        for target, change in (*components.changes(), *found):
            yield {"target": target, "description": _words(description, one), **change}


def _changes(
    description: Schemas, one: _Asked, components: Components, attributes: dict[Place, Attributes]
) -> Iterator[Change]:
    """Yield the changes that one thing asks for.

    Args:
        description: what is to be changed.
        one: what is asked.
        components: takes the new objects.
        attributes: of the classes that new fields were added to in this round.

    Raises:
        RepairError: it would put into the description what looks like a secret or is no text.
        TooDeepError: new values nest too deeply.
    """
    keyword, name = one.first.keyword, str(one.first.name)
    if keyword == "responses":
        yield json_path(one.place), {"update": {name: _response(description, one, components)}}
        return
    schema = description.schema(one.place)
    match one.first.kind, keyword:
        case "unknown-field", _:
            _check_discreet(one, [name])
            found = inferred(_seen(one), components, name, class_of(one.place))
            if one.place not in attributes:
                attributes[one.place] = Attributes.of(description, schema)
            with_words = {**found, "description": "Observed in replies."}
            yield changes.described(schema, name, with_words, attributes[one.place].take(name, found))
        case "missing-field", _:
            yield changes.not_required(schema, name)
        case "wrong-kind", _:
            yield from changes.widened(schema, _alternatives(one, components))
        case _:
            yield from _loosened(schema, one, components)


def _loosened(schema: Schema, one: _Asked, components: Components) -> Iterator[Change]:
    """Yield the changes by which a keyword allows the values that it did not."""
    keyword = one.first.keyword
    match keyword:
        case "enum":
            _check_discreet(one, one.values)
            yield changes.known(schema, one.values)
        case "const":
            _check_discreet(one, one.values)
            yield changes.removed(schema, "const")
            yield changes.updated(schema, {"enum": changes.distinct([schema.value["const"], *one.values])})
        case "anyOf":
            beside = [("string", EMPTY_TEXT)] if set(map(str, one.values)) == {""} else _alternatives(one, components)
            yield changes.updated(schema, {"anyOf": [schema for _, schema in beside]})
        case "oneOf":
            yield from changes.joined(schema, "oneOf", [])  # if it then fits none, the next round adds one
        case _ if one.is_of_empty_text:
            yield from changes.set_apart(schema, [EMPTY_TEXT])
        case _ if one.is_first_content and schema.value[keyword] == 0:
            yield from changes.filled(schema, keyword, _content(one, components))
        case _:
            yield changes.removed(schema, keyword)


def _seen(one: _Asked) -> Seen:
    seen = Seen(one.values)
    _check_discreet(one, dict.fromkeys(written_names(seen)))
    return seen


def _alternatives(one: _Asked, components: Components) -> list[Alternative]:
    return alternatives(_seen(one), components, one.field_name, class_of(holder(one.place)))


def _content(one: _Asked, components: Components) -> dict[str, Any]:
    """Return the keywords that describe what was always empty before."""
    seen = _seen(one)
    if one.first.keyword == "maxProperties":
        return fields(seen, components, class_of(one.place))
    return content(seen, components, one.field_name, class_of(holder(one.place)))


def _check_discreet(one: _Asked, values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise one.error("half a character of UTF-16 fits in no file")
        if isinstance(value, str) and (REDACTED in value or redact_text(value) != value):
            raise one.error(f"{clean(redact_text(value), 100)} looks like a secret, not like a known value")


def _response(description: Schemas, one: _Asked, components: Components) -> Any:
    """Return the response for a status that has none: that of a status of its class, if it fits, else a new one."""
    responses = description.responses(one.operation)
    alike = [key for key in responses if key[:1] == str(one.first.name)[:1]]
    for key in alike:
        body = description.body(responses[key])
        if body and not any(found.breaks for value in one.values for found in deviations(body, value)):
            return description.at(responses[key])
    # The client has models of objects only; what else it may be given is left open.
    name = f"{one.operation.name}Reply{one.first.name}"
    all_objects = all(isinstance(value, dict) for value in one.values)
    schema = inferred(_seen(one), components, name, "") if all_objects else {}
    return {"description": "Observed.", "content": {"application/json": {"schema": schema}}}


def _words(description: Schemas, one: _Asked) -> str:
    """Return what an action is for: what came, how often and where, and what to hold it against."""
    path = f"{one.operation.name}: {clean_path(one.first.steps)}"
    came = in_words({kind_of(value) for value in one.values})
    match one.first.kind, one.first.keyword:
        case "unknown-field", _:
            words = f"{path} is not described, and came as {came}"
        case "missing-field", _:
            words = f"{path} is required, and was missing"
        case "wrong-kind", _:
            words = f"{path} is described as {in_words(description.schema(one.place).kinds)}, and came as {came}"
        case _, "responses":
            words = f"{one.operation.name}: status {one.first.name} is not described, and came"
        case _, "enum":
            words = f"{path} has values that are not listed"
        case _, keyword:
            words = f"{path} has values that do not fit {keyword}"
    link = description.link(one.operation) or "a public source, to be added"
    return (
        f"{visible(redact_text(f'{words}; first in {one.where}.'))}\nEvidence: replies; to be checked against {link}\n"
    )
