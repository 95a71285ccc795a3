"""The ids of runs and nodes: checked, and refused where they cannot be ids.

The vendor documents no pattern. Refused is only what no id can hold: asked for, it would end as "not found", and in a wait
only after a minute. An unusual prefix is a reason for a hint, no more.

Source of the prefixes: the samples on the vendor's pages of PAIFlow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from paiflow._text import close_to, visible
from paiflow.errors import InvalidRequest

T = TypeVar("T")

# The operation that takes many ids.
OPERATION: Final = "ListPipelineRunsStatus"

# Ours: the vendor documents no greatest count of ids in a request. 100 make one of 3 to 8 KB.
BATCH_SIZE: Final = 100

RUN: Final = "flow-"
NODE: Final = "node-"

# Printable ASCII without space, comma and slash: nearly all ids.
_PLAIN: Final = re.compile(r"[!-+\-.0-~]+")
_NAMES: Final = {",": "a comma", "/": "a slash", "\ufffd": "bytes that are no text", "\ufeff": "a byte order mark"}


class NodeRef(NamedTuple):
    """One node of one run. Equal to a plain pair of the two ids, and usable as a key."""

    pipeline_run_id: str
    node_id: str


Id: TypeAlias = str | NodeRef

if TYPE_CHECKING:
    # Defaults of type variables came with Python 3.13; type checkers know them in this module.
    from typing_extensions import TypeVar as _TypeVar

    # The ids of a result: of runs, of nodes, or of both if nothing is said.
    Id_co = _TypeVar("Id_co", bound=Id, default=Id, covariant=True)
else:
    Id_co = TypeVar("Id_co", covariant=True)


class UnknownId(KeyError):
    """An id that a result does not hold.

    Args:
        key: the id.
        reason: why, if it was asked for.
        known: the ids that were, to find one that was meant.
    """

    def __init__(self, key: object, reason: str | None, known: Iterable[object]) -> None:
        super().__init__(key, reason, known)

    def __str__(self) -> str:
        key, reason, known = self.args
        return f"{shown(key)}: {reason or f'it was not asked for{close_to(shown(key), map(shown, known))}'}"


def shown(id_: object) -> str:
    """Return an id as it is given to the command: RUN, or RUN/NODE."""
    return visible("/".join(map(str, id_)) if isinstance(id_, tuple) else str(id_))


def is_plain(value: object) -> bool:
    """Return whether a value certainly can be an id: nearly all can."""
    return type(value) is str and _PLAIN.fullmatch(value) is not None


def are_plain(values: Collection[object]) -> bool:
    """Return whether all values, at least one, certainly can be ids; much faster than to ask for each."""
    return set(map(type, values)) == {str} and "" not in values and is_plain("".join(values))  # type: ignore[arg-type]


def flaw(text: str) -> str | None:
    """Return the part of a text that no id can have, such as `a comma`; None if it can be an id."""
    return None if is_plain(text) else next((name for name in map(_flaw, text) if name), None)


def odd_character(text: str) -> str | None:
    """Return the first character that ids usually do not hold, such as a quote or a semicolon; None if there is none."""
    odd = re.search(r"[^\w.:-]", text, re.ASCII)
    return None if odd is None else odd[0]


def unusual(text: str, prefix: str) -> bool:
    """Return whether an id has a prefix, and another one than is usual for its kind."""
    return not text.startswith(prefix) and re.match("[A-Za-z]+-", text) is not None


def refusal_of(text: str, name: str) -> str | None:
    """Return why a text cannot be an id, as a sentence that names the argument; None if it can."""
    if (found := flaw(text)) is None:
        return None
    advice = "give a node in nodes, as a pair of ids" if found == "a slash" else "give each id by itself"
    return f"{name} cannot be an id, for it holds {found}: {text!r:.60}; {advice}"


def ids_of(pipeline_runs: Iterable[str], nodes: Iterable[NodeRef | tuple[str, str]]) -> tuple[list[str], list[NodeRef]]:
    """Return the ids of runs and the nodes, checked.

    Raises:
        InvalidRequest: neither list has an entry, or an id cannot be one.
    """
    runs = list(_entries(pipeline_runs, "pipeline_runs"))
    if not are_plain(runs):
        for place, item in enumerate(runs):
            _id(item, f"pipeline_runs[{place}]")
    refs = [_node_ref(item, f"nodes[{place}]") for place, item in enumerate(_entries(nodes, "nodes"))]
    if not runs and not refs:
        raise refusal("MissingParameter", "PipelineRuns or Nodes is mandatory: give pipeline_runs or nodes")
    return runs, refs


def refusal(code: str, message: str) -> InvalidRequest:
    """Return the error for a request that is not sent."""
    return InvalidRequest(OPERATION, code=code, message=message)


def _entries(items: Iterable[T], name: str) -> Iterable[T]:
    """Return the items; a text is refused, for its letters would be taken for ids."""
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise refusal("InvalidParameter", f"{name} must be a list, not {items!r:.60}")
    return items


def _id(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise refusal("InvalidParameter", f"{name} must be a text that is not empty, not {value!r:.60}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise refusal("InvalidParameter", f"{name} holds half a surrogate pair: {value!a:.60}") from None
    if reason := refusal_of(value, name):
        raise refusal("InvalidParameter", reason)
    return value


def _node_ref(value: object, name: str) -> NodeRef:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise refusal(
            "InvalidParameter", f"{name} must be a NodeRef or a pair of run id and node id, not {value!r:.60}"
        )
    return NodeRef(_id(value[0], f"{name}.pipeline_run_id"), _id(value[1], f"{name}.node_id"))


def _flaw(char: str) -> str | None:
    if char in _NAMES:
        return _NAMES[char]
    if char.isspace():
        return "a line break" if char in "\r\n" else "a space"
    return None if char.isprintable() else f"the character U+{ord(char):04X}, which does not print"
