"""Make a description true again: from what replies hold that it lacks, an overlay.

Each deviation asks for the smallest change of the one schema that the walk went through:

    unknown-field             the property is added, its type inferred from all values (names.py: or a pattern of names)
    unknown-value of an enum  it is added, and to x-paiflow-outcomes as `unknown`: nobody knows yet what it means
    unknown-value otherwise   the keyword that it does not fit is removed; among alternatives, one is added
    wrong-kind, null too      the kind is added: to `type`, to the alternatives, or beside a `$ref` or an enum
    missing-field             it is no longer required
    a status                  gets a response, the first of its class that fits

One change can bring others to light, such as those of the items of what is now a list as well; so replies are judged
again until nothing is left. The overlay is then applied whole, strictly; the result has to be valid OpenAPI, and to
fit every reply by jsonschema's word, too. Otherwise there is no overlay but an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from paiflow.drift.kinds import alternatives, in_words, inferred, kind_of
from paiflow.drift.names import is_attribute
from paiflow.drift.replies import Reply, judge
from paiflow.drift.schemas import Schemas, faults, json_path
from paiflow.drift.walk import Deviation, deviations
from paiflow.errors import PaiFlowError

# Each brings to light what the one before covered up; few are needed.
_ROUNDS: Final = 20


class RepairError(PaiFlowError, ValueError):
    """No overlay makes the description true: one line that says why not."""

    exit_code = 2

    def __init__(self, reason: str) -> None:
        """Tell the reason, which may quote a reply, in one line."""
        super().__init__(visible(redact_text(f"no overlay makes the description true: {reason}"[:1000])))


def overlay(description: Schemas, replies: Sequence[Reply]) -> str | None:
    """Return the overlay that makes a description fit replies, as YAML; None where it fits them already.

    Raises:
        RepairError: there is none.
    """
    _check_objects(description, replies)
    actions: list[dict[str, Any]] = []
    current = description
    try:
        for _ in range(_ROUNDS):
            asked = _asked(current, replies)
            if not asked:
                break
            new = list(_actions(current, asked))
            current = Schemas(overlays.apply(current.document, _document(new)), "the repaired description")
            actions += new
        if not actions:
            return None
        text = _yaml.dump(_document(actions))
        _check(Schemas(overlays.apply(description.document, _yaml.load(text)), "the repaired description"), replies)
    except (overlays.OverlayError, _yaml.YamlError) as error:
        raise RepairError(str(error)) from error
    return text


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


def _check(repaired: Schemas, replies: Sequence[Reply]) -> None:
    """Raise RepairError unless a description is valid and fits the replies, by our walk and by jsonschema's word."""
    for fault in faults(repaired.document):
        raise RepairError(f"the result would not be valid: {fault}")
    for reply in replies:
        for left in judge(repaired, reply)[1]:
            raise RepairError(
                f"{reply.where}: {clean_path(left.steps)}: {left.kind} ({left.keyword}) would be left over"
            )
        described = repaired.described(repaired.by_name[reply.operation], reply.status)
        if described and described[1] and not repaired.fits(described[1], reply.value):
            raise RepairError(f"{reply.where} would still not be valid")


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


def _asked(description: Schemas, replies: Sequence[Reply]) -> list[_Asked]:
    """Return what replies ask for, each once, in the order in which it was first seen."""
    asked: dict[tuple[Place, str, str | None], _Asked] = {}
    for reply in replies:
        for deviation in judge(description, reply)[1]:
            key = (deviation.place, deviation.keyword, deviation.name)
            if key not in asked:
                asked[key] = _Asked(description.by_name[reply.operation], deviation, reply.where)
            asked[key].values.append(deviation.value)
    return list(asked.values())


def _actions(description: Schemas, asked: list[_Asked]) -> Iterator[dict[str, Any]]:
    """Yield the actions of one round. Of a schema that is rearranged, all else waits for the next."""
    rearranged: dict[Place, _Asked] = {}
    for one in asked:
        if one.rearranges:
            rearranged.setdefault(one.place, one)
    new: dict[Place, list[str]] = {}
    for one in asked:
        inside = any(one.place[: len(place)] == place and one is not other for place, other in rearranged.items())
        if not inside:
            fields = new.setdefault(one.place, [])
            for target, change in _changes(description, one, fields):
                yield {"target": target, "description": _words(description, one), **change}
            if one.first.kind == "unknown-field":
                fields.append(str(one.first.name))


def _changes(description: Schemas, one: _Asked, before: Sequence[str]) -> Iterator[Change]:
    """Yield the changes that one thing asks for. `before` are the fields that the schema has got already.

    Raises:
        RepairError: it would put into the description what looks like a secret or is no text.
    """
    keyword, name = one.first.keyword, str(one.first.name)
    if keyword == "responses":
        yield json_path(one.place), {"update": {name: _response(description, one)}}
        return
    schema = description.schema(one.place)
    match one.first.kind, keyword:
        case "unknown-field", _:
            _check_discreet(one, [name])
            found = {**inferred(one.values), "description": "Observed in replies."}
            yield changes.described(schema, name, found, is_attribute(description, schema, name, one.values, before))
        case "missing-field", _:
            yield changes.not_required(schema, name)
        case "wrong-kind", _:
            yield from changes.widened(schema, alternatives(one.values))
        case _, "enum":
            _check_discreet(one, one.values)
            yield changes.known(schema, one.values)
        case _, "const":
            _check_discreet(one, one.values)
            yield changes.removed(schema, "const")
            yield changes.updated(schema, {"enum": changes.distinct([schema.value["const"], *one.values])})
        case _, "anyOf":
            yield changes.updated(schema, {"anyOf": changes.beside(one.values)})
        case _, "oneOf":
            yield from changes.joined(schema, "oneOf", [])  # if it then fits none, the next round adds one
        case _ if one.is_of_empty_text:
            yield from changes.set_apart(schema, [changes.EMPTY_TEXT])
        case _:
            yield changes.removed(schema, keyword)


def _check_discreet(one: _Asked, values: Sequence[Any]) -> None:
    for value in values:
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise RepairError(f"{one.where}: {clean_path(one.first.steps)}: half a character of UTF-16 fits in no file")
        if isinstance(value, str) and (REDACTED in value or redact_text(value) != value):
            raise RepairError(
                f"{one.where}: {clean_path(one.first.steps)}: {clean(redact_text(value), 100)} looks like a secret, not like a known value"
            )


def _response(description: Schemas, one: _Asked) -> Any:
    """Return the response for a status that has none: that of a status of its class, if it fits, else a new one."""
    responses = description.responses(one.operation)
    alike = [key for key in responses if key[:1] == str(one.first.name)[:1]]
    for key in alike:
        body = description.body(responses[key])
        if body and not any(found.breaks for value in one.values for found in deviations(body, value)):
            return description.at(responses[key])
    # The client has models of objects only; what else it may be given is left open.
    schema = inferred(one.values) if all(isinstance(value, dict) for value in one.values) else {}
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
