"""Read one recorded exchange of any tool: an entry of a HAR file, an interaction of a cassette, an example.

An odd entry raises nothing: it is a Recorded with a fault, which is counted by its reason.

Sources: HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/; vcrpy's serializers and stubs,
https://github.com/kevin1024/vcrpy; VCR's cassettes, https://github.com/vcr/vcr; betamax's, https://github.com/betamaxpy/betamax;
Postman's collections 2.1, https://schema.postman.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from paiflow.drift.encodings import UnreadableError, decoded
from paiflow.drift.replies import Recorded

_NOT_ANSWERED: Final = 0
_STATUS: Final = re.compile(r"\s*([0-9]{1,3})(?:\.0*)?(?![0-9.])")
# What tells an object that holds a body from a body that is an object.
_HOLDER: Final = frozenset({"text", "string", "base64_string", "encoding", "_file", "size", "mimeType"})


def exchange(entry: Any, where: str) -> Recorded:
    """Return the reply that an entry holds, or what is wrong with the entry."""
    method = url = status = None
    try:
        if not isinstance(entry, Mapping):
            raise UnreadableError("that is not an object")
        method, url = _request(entry.get("request"))
        response = entry.get("response")
        if response is None or response == {}:  # as browsers and proxies write what was not answered
            return Recorded(where, None, method, url, _NOT_ANSWERED)
        if not isinstance(response, Mapping):
            raise UnreadableError("whose response is not an object")
        status = _status(response)
        return Recorded(where, _body(response), method, url, status)
    except UnreadableError as error:
        return Recorded(where, None, method, url, status, str(error))


def examples(collection: Mapping[str, Any], where: str) -> Iterator[Recorded]:
    """Yield the replies that are saved as examples in a collection of Postman."""
    waiting = [collection]
    number = 0
    while waiting:
        folder = waiting.pop()
        for item in _objects(folder.get("item")):
            waiting.append(item)
            for response in _objects(item.get("response")):
                number += 1
                request = response.get("originalRequest") or item.get("request")
                yield exchange({"request": request, "response": response}, f"{where} example {number}")


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _request(request: Any) -> tuple[str, str]:
    """Return the method and the URL of a request; Postman may write its URL alone."""
    if isinstance(request, str):
        request = {"method": "GET", "url": request}
    fields = request if isinstance(request, Mapping) else {}
    url = fields["url"] if fields.get("url") is not None else fields.get("uri")
    url = _text(url.get("raw") if isinstance(url, Mapping) else url)
    method = _text(fields.get("method"))
    for name, value in (("URL", url), ("method", method)):
        if not isinstance(value, str) or not value.strip():
            raise UnreadableError(f"without a request that has a {name}")
    return method, url


def _text(value: Any) -> Any:
    """Return the text of bytes, as a cassette may have them; anything else as it is."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _status(response: Mapping[str, Any]) -> int:
    status = next((response[name] for name in ("status_code", "code", "status") if name in response), None)
    if isinstance(status, Mapping):
        status = status.get("code")
    if found := _STATUS.match(str(status)):
        return int(found[1])
    raise UnreadableError("whose status is not a number")


def _headers(headers: Any) -> dict[str, str]:
    """Return headers by their names in lower case: of an object, or of a list of objects or pairs."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else []
    for one in headers if isinstance(headers, list) else ():
        if isinstance(one, Mapping):
            pairs.append((one.get("name", one.get("key")), one.get("value")))
        elif isinstance(one, list) and len(one) == 2:
            pairs.append((one[0], one[1]))
    return {
        str(_text(name)).lower(): ", ".join(
            str(_text(part)) for part in (value if isinstance(value, list) else [value])
        )
        for name, value in pairs
        if value is not None
    }


def _body(response: Mapping[str, Any]) -> bytes | str | None:
    """Return the body of a response, decoded."""
    headers = response.get("headers") if response.get("headers") is not None else response.get("header")
    codings = _headers(headers).get("content-encoding", "")
    body = next((response[name] for name in ("content", "body") if response.get(name) is not None), None)
    if not isinstance(body, Mapping) or not (body.keys() & _HOLDER or not body):
        return decoded(body, codings)
    if body.get("base64_string") is not None:
        return decoded(_text(body["base64_string"]), codings, is_base64=True)
    text = next((body[name] for name in ("text", "string") if body.get(name) is not None), None)
    if text is None and body.get("_file") is not None:
        raise UnreadableError("whose body is in another file: record it with the bodies embedded")
    return decoded(text, codings, is_base64=str(body.get("encoding")).lower() == "base64")
