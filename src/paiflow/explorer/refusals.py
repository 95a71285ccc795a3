"""The explorer's own ways to say no: code, status and words. What the service says goes through as it came."""

from __future__ import annotations

from typing import Final

_REFUSALS: Final = {
    "Host": (421, "the host {} is not this explorer: use its address, {}"),
    "Origin": (403, "a page of {} may not use this explorer"),
    "Site": (403, "another site may not use this explorer: paste its address into the address bar"),
    "Token": (401, "the header {} is missing or wrong: its value was printed when the explorer started"),
    "Path": (404, "no operation has the path {}"),
    "Method": (405, "{} does not take {}"),
    "Segment": (400, "{} is not valid: {!r} cannot be a segment of a path"),
    "Encoding": (400, "the {} is not UTF-8"),
    "Parameter": (400, "{} has no query parameter {!r}"),
    "Body": (400, "{} takes no body"),
    "MediaType": (415, "the body must be application/json, not {!r}"),
    "Writes": (403, "{} may change something: start the explorer with --allow-writes to permit it"),
    "Sample": (400, "{}"),
    "Upstream": (502, "{}"),
    "Time": (408, "the body did not come to its end within {:g} s"),
    "Fault": (500, "the explorer failed; started with --debug, it says why"),
    # Of the server, before there is a request.
    "BadRequest": (400, "the request is not well-formed HTTP"),
    "RequestTimeout": (408, "the request did not come to its end in time"),
    "RequestURITooLong": (414, "the request target is too long"),
    "RequestHeaderFieldsTooLarge": (431, "the request header is too large"),
    "RequestEntityTooLarge": (413, "the body is larger than {:,} bytes"),
}


class Refusal(Exception):
    """A request that the explorer does not fulfil.

    Attributes:
        code: a key of the table, with `Explorer.` before it.
        status: of HTTP.
        message: one line.
        allow: the methods that there are, where the method is what is wrong; else empty.
    """

    def __init__(self, code: str, *about: object, allow: str = "") -> None:
        status, words = _REFUSALS[code]
        self.code: str = f"Explorer.{code}"
        self.status: int = status
        self.message: str = words.format(*about)
        self.allow: str = allow
        super().__init__(self.message)
