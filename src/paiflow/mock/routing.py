"""Find the operation at a request's method and path, and the values of the path's parameters.

Segments are compared decoded. A dot segment and an encoded slash are values like any other: `..` is an id that
nothing has, and `a%2Fb` is one segment.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

import attrs

from paiflow._description import template_values
from paiflow.mock.description import Operation
from paiflow.mock.refusals import Refusal

__all__ = ["Route", "Routes"]


@attrs.define(eq=False)  # not frozen: one is made for each request, and in half the time
class Route:
    """Where a request leads.

    Args:
        operation: the operation there, None for none.
        values: of the path's parameters, decoded.
        refusal: why there is no operation; None if there is one.
    """

    operation: Operation | None
    values: Mapping[str, str] = attrs.field(factory=dict)
    refusal: Refusal | None = None


class Routes:
    """The paths of a description.

    Args:
        operations: all of them.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._templates: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            self._templates.setdefault(operation.path, {})[operation.method] = operation
        self._fixed = {path.encode(): methods for path, methods in self._templates.items() if "{" not in path}

    def find(self, method: str, path: bytes) -> Route:
        """Return where a request leads. HEAD and OPTIONS are methods like any other.

        Args:
            method: in upper case.
            path: percent-encoded, as sent.
        """
        if (methods := self._fixed.get(path)) is not None:
            return _route(methods, method, {})
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in path.split(b"/")]
        except UnicodeDecodeError:
            return Route(None, refusal=Refusal("InvalidApi.NotFound", detail="the path is not UTF-8"))
        fits = []
        for template, methods in self._templates.items():
            names = template.split("/")
            if (values := template_values(names, segments)) is not None:
                fits.append((len(values), methods, values))
        if not fits:
            return Route(None, refusal=Refusal("InvalidApi.NotFound"))
        # A fixed path wins over a template.
        _, methods, values = min(fits, key=lambda fit: fit[0])
        return _route(methods, method, values)


def _route(methods: Mapping[str, Operation], method: str, values: Mapping[str, str]) -> Route:
    if (operation := methods.get(method)) is not None:
        return Route(operation, values)
    return Route(None, refusal=Refusal("UnsupportedHTTPMethod", headers=[("allow", ", ".join(methods))]))
