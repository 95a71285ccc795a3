"""Turn a refusal into the error to raise, for any form of its body.

Pure: a function of the reply and the clock. It knows the service's error shape, JSON in
upper or lower case and XML, and makes the best of what gateways answer instead.

Sources: the vendor's common error codes; its SDK reads the lower-case keys and x-acs-retry-after.
"""

import json
import re
from calendar import timegm
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from paiflow._text import clean
from paiflow.errors import AccessDenied, InvalidRequest, NotFound, ServerFault, ServiceError, Throttled

__all__ = ["excerpt", "request_id_of", "service_error"]

# Codes by which the service says that it does not accept who signed the request, how or when,
# or does not permit it. Their status says little: a wrong key id is a 404, a stale date a 400.
_PERMISSION = r"(?i)Forbidden|NoPermission|AccessDenied|Unauthorized|NotAuthorized"
_DENIED = (
    rf"{_PERMISSION}|(Invalid|Missing)AccessKey|SignatureDoesNotMatch|IncompleteSignature|InvalidSignature"
    r"|SignatureNonceUsed|InvalidTimeStamp|\w*SecurityToken"
)

# PAIFlow's own codes are numbers. Source: aliyun/terraform-provider-alicloud takes this one for a pipeline that is not found.
_NOT_FOUND = frozenset({"200200004"})

# The status that comes with a code, where a reply's own status says that all is well; the first one counts.
_USUAL_STATUS = (
    (r"(?i).*Not(Found|Exists?)\b", 404),
    (r"(?i)(Internal|Service|Server|System|Backend)\w*(Error|Failure|Fault|Unavailable|Timeout|Busy)", 500),
    (r"(?i)Invalid|Missing|Illegal|Unsupported|Bad", 400),
)

_XML_FIELD = r"<(Code|Message|RequestId|Recommend)>([^<]*)</\1>"
_TITLE = r"(?i)<title[^<>]*>([^<]*)"
_UNSEEN = r"(?is)<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)"
_TAG = r"<[^<>]*>"
_MARKUP = r"\s*<[!?/a-zA-Z]"
_MILLISECONDS = r"[0-9]{1,15}"
_SECONDS = r"[0-9]{1,15}(?:\.[0-9]{1,9})?"

# An error of the service has a few hundred bytes; what is far larger is not one, and is not worth parsing.
_PARSED_BYTES = 1 << 16
_EXCERPT_BYTES = 4096
_MESSAGE_CHARACTERS = 500
_EXCERPT_CHARACTERS = 200
_NAME_CHARACTERS = 128

_WHAT_TO_CHECK = "Check the access key secret, and that nothing on the way rewrites the request."


def service_error(
    operation: str,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    attempts: int,
    now: float,
    fields: Mapping[str, object] | None = None,
    ram_action: str = "",
) -> ServiceError:
    """Return the error that a reply stands for: of the class by which a caller can act.

    In this order: a `Throttling…` code or 429, Throttled; 5xx, ServerFault; PAIFlow's number of what is not found,
    NotFound; a code about credentials, signature, clock or permission, 401 or 403, AccessDenied; 404, NotFound; other
    4xx, InvalidRequest; anything else, ServiceError itself. Where the status is a success, the code stands in for it.

    Args:
        operation: the operationId.
        status: of the reply.
        headers: of the reply, names in any case.
        content: the decoded body; anything will do.
        attempts: made so far, this one included.
        now: seconds since the epoch, for a Retry-After that is a date.
        fields: the body's fields, where it has been parsed.
        ram_action: the permission that the operation needs, if that is known.
    """
    names = {name.lower(): value for name, value in headers.items()}
    fields = _fields(content) if fields is None else fields
    code = _label(fields, "Code")
    request_id = _label(fields, "RequestId") or request_id_of(names)
    said = _text(fields, "Message")
    if said is not None:
        message = clean(said, _MESSAGE_CHARACTERS)
    else:
        nothing = "the reply's body has no words" if content.strip() else "the reply has no body"
        message = "" if code else excerpt(content) or nothing
    if code is not None and code.startswith("SignatureDoesNotMatch"):
        message = f"{message.rstrip('. ')}. {_WHAT_TO_CHECK}".lstrip(". ")
    recommend = _text(fields, "Recommend")
    kind = _class(_meant(code or "") if status < 300 else status, code or "")
    # A wrong key or signature is no lack of a permission.
    lacks = kind is AccessDenied and re.match(_PERMISSION if code else "", code or "")
    return kind(
        operation,
        status,
        code,
        message,
        request_id,
        None if recommend is None else clean(recommend, _MESSAGE_CHARACTERS),
        _retry_after(names, now),
        attempts,
        (ram_action or None) if lacks else None,
    )


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return the request id that a reply's headers hold, names in lower case."""
    return _label(headers, "x-acs-request-id")


def excerpt(content: bytes) -> str:
    """Return how a body begins, in one short line: redacted, escaped, without markup; of a page, its title."""
    text = _decoded(content[:_EXCERPT_BYTES])
    if re.match(_MARKUP, text):
        title = re.search(_TITLE, text)
        seen = title[1] if title and title[1].strip() else re.sub(_TAG, " ", re.sub(_UNSEEN, " ", text))
        text = _unescaped(seen)
    return clean(" ".join(text.split()), _EXCERPT_CHARACTERS)


def _unescaped(text: str) -> str:
    import html  # noqa: PLC0415 - a big table, for what is hardly ever sent

    return html.unescape(text)


def _class(status: int, code: str) -> type[ServiceError]:
    if status == 429 or code.lower().startswith("throttling"):
        return Throttled
    if status >= 500:
        return ServerFault
    if code in _NOT_FOUND:
        return NotFound
    if status in (401, 403) or re.match(_DENIED, code):
        return AccessDenied
    if status == 404:
        return NotFound
    return InvalidRequest if status >= 400 else ServiceError


def _meant(code: str) -> int:
    """Return the status that usually comes with a code, 200 if it is not known."""
    if re.fullmatch("[45][0-9]{2}", code):
        return int(code)
    return next((status for pattern, status in _USUAL_STATUS if re.match(pattern, code)), 200)


def _fields(content: bytes) -> Mapping[str, object]:
    """Return the fields of the service's error, none if the body is something else."""
    if len(content) > _PARSED_BYTES:
        return {}
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):  # not JSON or not text; nested without end
        return {name: _unescaped(value) for name, value in re.findall(_XML_FIELD, _decoded(content))}
    return parsed if isinstance(parsed, dict) else {}


def _text(fields: Mapping[str, object], name: str) -> str | None:
    """Return the first of the fields of this name, in any case, that holds text or a whole number."""
    for key, value in fields.items():
        if key.lower() != name.lower() or isinstance(value, bool):
            continue
        if isinstance(value, str | int) and (text := str(value).strip()):
            return text
    return None


def _label(fields: Mapping[str, object], name: str) -> str | None:
    """Return the text of such a field, as a code or an id: escaped, cut only if absurdly long."""
    text = _text(fields, name)
    return None if text is None else clean(text, _NAME_CHARACTERS)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8-sig", errors="replace")


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds after which to call again, None if the service did not say.

    x-acs-retry-after, in milliseconds, wins; the vendor's SDK takes 0 there for nothing said.
    Retry-After is in seconds or a date; a date in the past is 0.
    """
    wish = headers.get("x-acs-retry-after", "").strip()
    if re.fullmatch(_MILLISECONDS, wish) and (milliseconds := int(wish)):
        return milliseconds / 1000
    wish = headers.get("retry-after", "").strip()
    if re.fullmatch(_SECONDS, wish):
        return float(wish)
    try:
        then = timegm(parsedate_to_datetime(wish).utctimetuple())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, then - now)
