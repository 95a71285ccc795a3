"""Operations and calls, as data that the client, the mock and the tests share.

An `Operation` says where a request goes, which arguments it takes and how its reply is read. A `Call` is an operation
with its arguments. Nothing here sends anything, and nothing here signs: the client does both.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    from .decoding import Reply

R = TypeVar("R", bound="Reply")

Place = Literal["path", "query", "body"]
Kind = Literal[
    "text",  # str; a whole number is taken as its digits
    "enum",  # str, one of `values`
    "boolean",
    "integer",
    "number",
    "time",  # datetime, or its text
    "texts",  # list: a JSON array in the body; in the query the parameter once for each entry
    "comma-list",  # list, or its text: one query parameter, entries joined by commas
    "objects",  # list of objects with `fields`, or of any objects if there are none
    "object",  # an object with `fields`, or any object if there are none
    "json",  # any JSON value, sent as it is
]


class Parameter(NamedTuple):
    """One argument of an operation, or one field of an object that an argument holds.

    Attributes:
        name: on the wire.
        argument: in Python.
        place: where the request carries it.
        kind: its type.
        required: whether the service needs it.
        values: the valid values. A value that is not listed is refused only if the kind (or `items`) is "enum".
        items: the kind of each entry of "texts" and "comma-list".
        fields: of "objects" and "object": those of each object, required ones first. A tuple gives them in this order.
        non_empty: an empty text or list is not valid.
        non_empty_items: an empty text is not valid as an entry of the list.
        id: an id, or a list of ids; refused if it holds what no id can.
        secret: must appear in no repr, log, error or recording.
        default: the client's own setting that is sent if the argument is None.
        minimum: the least number.
        maximum: the greatest number.
    """

    name: str
    argument: str
    place: Place
    kind: Kind = "text"
    required: bool = False
    values: tuple[str | int, ...] = ()
    items: Kind = "text"
    fields: tuple["Parameter", ...] = ()
    non_empty: bool = False
    non_empty_items: bool = False
    id: bool = False
    secret: bool = False
    default: Literal["workspace_id"] | None = None
    minimum: float | None = None
    maximum: float | None = None


class Pages(NamedTuple):
    """How an operation pages. All names are those on the wire.

    Attributes:
        by: whether `number` counts pages from 1, or entries to skip from 0.
        number: the parameter for the page number or offset.
        size: the parameter for the number of entries on a page.
        items: the field of the reply that holds the entries.
        id: the field that identifies an entry; None if entries have no id.
        total: the field of the reply that counts all entries; None if none does.
    """

    by: Literal["page", "offset"]
    number: str
    size: str
    items: str
    id: str | None = None
    total: str | None = None

    def items_of(self, reply: "Reply") -> list[Any]:
        """Return the entries of a page."""
        return cast("list[Any]", getattr(reply, reply._FIELDS[self.items]))

    def ids_of(self, items: Sequence["Reply"]) -> list[str | None]:
        """Return the id of each entry, None for one that has none."""
        if self.id is None or not items:
            return [None] * len(items)
        return list(map(attrgetter(items[0]._FIELDS[self.id]), items))

    def total_of(self, reply: "Reply") -> int | None:
        """Return the number of all entries, or None if the reply does not say."""
        return None if self.total is None else getattr(reply, reply._FIELDS[self.total])


class Operation(NamedTuple, Generic[R]):
    """An operation of a service.

    Attributes:
        name: its operationId, which is also the action that is signed.
        product: the service's name.
        version: the service's version.
        host: the host's first label: `<host>.<region>.aliyuncs.com`.
        method: the HTTP method, in capitals.
        path: with the path parameters' wire names in braces.
        model: the name of the reply's class in `models`.
        parameters: in the order of the description.
        lists: the wire names of the reply's lists.
        bare: whether the reply is described with nothing but a RequestId, so that its body may be empty.
        repeatable: whether sending it twice does the same as sending it once.
        pages: how it pages; None if it does not.
        one_of: the wire names of arguments of which exactly one must be given.
        any_of: the wire names of arguments of which at least one must be given.
        exclusive: whether a single call takes at most one of `any_of`.
        states: the statuses of the run that allow it; empty if any does.
        ram_action: the permission that it needs, where the vendor names it.
        summary: what it does, in one line.
        link: the vendor's page.
    """

    name: str
    product: str
    version: str
    host: str
    method: str
    path: str
    model: str
    parameters: tuple[Parameter, ...] = ()
    lists: tuple[str, ...] = ()
    bare: bool = False
    repeatable: bool = False
    pages: Pages | None = None
    one_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    exclusive: bool = False
    states: tuple[str, ...] = ()
    ram_action: str = ""
    summary: str = ""
    link: str = ""

    @property
    def reply(self) -> type[R]:
        """The reply's class, which is loaded when it is first asked for."""
        return cast("type[R]", getattr(import_module(f"{__package__}.models"), self.model))

    def parameter(self, name: str) -> Parameter:
        """Return the parameter with this wire name.

        Raises:
            KeyError: there is none.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def __repr__(self) -> str:
        return f"<Operation {self.name}: {self.method} {self.path}>"


class Call(Generic[R]):
    """An operation with its arguments. No named tuple: json would write one with the secrets among its arguments.

    Attributes:
        operation: what is called.
        arguments: by their names in Python; None stands for an argument that is not given.
    """

    __slots__ = ("arguments", "operation")

    operation: Operation[R]
    arguments: Mapping[str, Any]

    def __init__(self, operation: Operation[R], arguments: Mapping[str, Any]) -> None:
        """Keep them as they are."""
        self.operation = operation
        self.arguments = arguments

    def __repr__(self) -> str:
        """Return the call with the arguments that are given; only those are shown that are known to be no secrets."""
        shown = {name for one in self.operation.parameters if not one.secret for name in (one.argument, one.name)}
        given = (
            f", {name}={repr(value) if name in shown else '***'}"
            for name, value in self.arguments.items()
            if value is not None
        )
        return f"Call({self.operation.name}{''.join(given)})"
