"""Redact secrets and account ids in exchanges that are kept or shown: JSON, text, headers.

Removed: account ids, access key ids, tokens, signatures, passwords, cookies, e-mail addresses, user info in URLs.
Kept: names, kinds and shapes, and the ids of runs, nodes, outputs and requests. So a number stays a number of as many
digits, and one sees that an Authorization was there. An account id has the same replacement for as long as a `Redaction`
lasts; that of the functions lasts as long as the process.

JSON is judged by the names in it, also where a text holds JSON, escaped or not; text by its patterns. `paiflow._secrets`
knows the names and looks of secrets; this adds account ids, e-mail addresses and base64.

Sources of the shapes: an account has 16 digits, a RAM user or role 18; an ARN is `acs:ram::<account>:role/<name>` (RAM,
"Terms"); AccessDeniedDetail names the principal (RAM, "Troubleshoot access denied errors").
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache, partial
from itertools import count
from typing import Any

from paiflow._forks import Lock
from paiflow._secrets import DONE, REDACTED, SUSPICIOUS, is_option_of_secret, is_secret, without_secrets

_ACCOUNT_NAME = re.compile(
    r"(?:user|owner|account|principal|caller|creator|tenant|customer)(?:id|uid|pk|number|name|displayname)?$"
    r"|(?<![gu])uid$|(?:loginname|mail|phone|mobile)$"
)
# {"name": "token", "value": "…"}: what one member says names the other. Judged by their ends: ParameterKey, TagValue.
_NAMING = ("name", "key", "field", "parameter", "header")
_NAMED = ("value", "values", "val", "default", "text", "content", "data")

_IS = r"(?:\\*[\"']|%(?:25)*2[27])?(?:\s|%(?:25)*20)*(?:[=-]?>|[=:：＝]|(?i:%(?:25)*3[ad]|&gt;))(?:\s|%(?:25)*20)*"
_ACCOUNT_WORD = re.compile(
    r"((?i:(?:user|owner|account|principal|caller|creator|tenant)[-_ ]?(?:id|uid|pk)?|\buid)"
    rf"{_IS}(?:\\*[\"'])?|acs:[^:\s\"']*:[^:\s\"']*:)([0-9]+)"
)
_MAIL = re.compile(r"(?i)[0-9a-z._+-]{1,64}(@|%40)[0-9a-z-]{1,63}(?:\.[0-9a-z-]{1,63})+")
# What may be base64 of a text.
_BASE64 = re.compile(r"(?<![0-9A-Za-z+/_-])[0-9A-Za-z+/_-]{16,}+={0,2}")
# Digits enough for an account. A hash or a trace id is long and hexadecimal, and so no account, even with such digits in it;
# nor is the id of a run, a node or an output.
_DIGITS = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{24,}(?![0-9A-Za-z])"
    r"|(?:flow|node|artifact|pipeline)-[0-9a-z]{18}(?![0-9a-z])|(%[0-9A-Fa-f]{2})?([0-9]{15,})"
)
_ENOUGH, _TOO_MANY = 10**14, 10**21
# Without any of these there is no account either.
_DIGITS_ENOUGH = re.compile(r"[0-9]{15}")

_AUTHORIZATION = re.compile(r"(ACS3-[0-9A-Z]+-[0-9A-Z]+) +(.*)")
_SIGNED_HEADERS = re.compile(r"SignedHeaders=[a-z0-9;-]*")
_PART = re.compile(r"(Credential|Signature)=[^\s=]*=*")

_URL_SAFE = str.maketrans("+/", "-_")
_SHORT = 100
_PAIR = 2
_COMMAND = 12


class _Judgement(Enum):
    """The meaning of a name for its value."""

    PLAIN = 0
    SECRET = 1
    ACCOUNT = 2


class Redaction:
    """Replaces an account by the same digits for as long as it lasts. Safe to share between threads."""

    def __init__(self) -> None:
        """Start with no account seen."""
        self._accounts: dict[str, str] = {}
        self._numbers = count(1)
        self._lock = Lock()
        # The same names and ids come again and again.
        self._short = lru_cache(maxsize=10_000)(self._replaced)

    def json(self, value: Any) -> Any:
        """Return a copy of JSON data; what is too deep, or too large a number, to be looked through is replaced whole."""
        try:
            return self._value(value, _Judgement.PLAIN)
        except (RecursionError, ValueError, OverflowError):
            return REDACTED  # the last two: a number of thousands of digits

    def text(self, text: str) -> str:
        """Return a text; where all of it is JSON, escaped or not, that is judged by its names."""
        try:
            return self._structured(text)
        except (ValueError, RecursionError):
            return self._patterns(text)  # no JSON, or none that can be looked through

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return headers, each with its name; of an Authorization the algorithm and the signed headers stay, too."""
        return [(name, self._header(name, value)) for name, value in headers]

    def account(self, digits: str) -> str:
        """Return the replacement of an account id: as many digits, of which the first is 9."""
        with self._lock:
            if digits not in self._accounts:
                width = len(digits) - 1
                number = str(next(self._numbers)).zfill(width)
                replacement = f"9{number[-width:]}" if width else "9"
                # What was replaced once stays as it is when it is seen again.
                self._accounts |= {digits: replacement, replacement: replacement}
            return self._accounts[digits]

    def _value(self, value: Any, judged: _Judgement) -> Any:
        if isinstance(value, dict):
            said = _naming(value)
            return {
                self._patterns(str(name)): self._value(
                    item, next((one for one in (_judge(name, item), judged) if one is not _Judgement.PLAIN), said(name))
                )
                for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            said_of = judged if judged is not _Judgement.PLAIN else None
            return [self._value(item, said_of or _item_judgement(value, index)) for index, item in enumerate(value)]
        if isinstance(value, bool) or value is None or value == "":
            return value
        if isinstance(value, int | float):
            return self._number(value, judged)
        text = str(value)
        if judged is _Judgement.PLAIN:
            return self.text(text)
        return self.account(text) if text.isascii() and text.isdigit() else REDACTED

    def _number(self, value: float, judged: _Judgement) -> float:
        """Return a number of as many digits before the point, if it may be an account."""
        of_digits = value == value // 1 and (isinstance(value, int) or abs(value) < _TOO_MANY)
        if not of_digits or (judged is _Judgement.PLAIN and abs(value) < _ENOUGH):
            return value
        replaced = int(self.account(str(abs(int(value)))))
        return type(value)(-replaced if value < 0 else replaced)

    def _structured(self, text: str) -> str:
        r"""Return a text that is JSON, judged by its names; as it was, if nothing had to go.

        JSON that was escaped once more, as the vendor's sample has it (`{\"name\": …}`), counts, too.

        Raises:
            ValueError: it is no JSON.
        """
        if text.lstrip()[:1] not in ("{", "[", '"'):
            raise ValueError
        try:
            inner = json.loads(text, object_pairs_hook=_members)
        except ValueError:
            unescaped = json.loads(f'"{text}"', strict=False)
            if unescaped == text:
                raise
            changed = self._structured(unescaped)
            return text if changed == unescaped else json.dumps(changed, ensure_ascii=text.isascii())[1:-1]
        changed = self._value(inner, _Judgement.PLAIN)
        if changed == inner:
            return text
        written, compact = partial(json.dumps, ensure_ascii=text.isascii()), (",", ":")
        return written(changed, separators=compact if written(inner, separators=compact) == text else None)

    def _patterns(self, text: str) -> str:
        if not (SUSPICIOUS.search(text) or _DIGITS_ENOUGH.search(text)):
            return text
        return self._short(text) if len(text) <= _SHORT else self._replaced(text)

    def _replaced(self, text: str) -> str:
        if "\0" in text and self._patterns(plain := text.replace("\0", "")) != plain:
            return REDACTED  # UTF-16 that was read as something else
        text = without_secrets(text).replace(REDACTED, DONE)
        text = _BASE64.sub(self._encoded, text)
        text = _MAIL.sub(r"redacted\1example.com", text)
        text = _ACCOUNT_WORD.sub(lambda found: found[1] + self.account(found[2]), text)
        text = _DIGITS.sub(lambda found: (found[1] or "") + self.account(found[2]) if found[2] else found[0], text)
        return text.replace(DONE, REDACTED)

    def _encoded(self, found: re.Match[str]) -> str:
        """Return what may be base64, as it is, or replaced if what it says had to change."""
        try:
            said = base64.urlsafe_b64decode(found[0].rstrip("=").translate(_URL_SAFE) + "==").decode()
        except (ValueError, UnicodeDecodeError):
            return found[0]
        return found[0] if self.text(said) == said else DONE

    def _header(self, name: str, value: str) -> str:
        judged = _judge(name)
        if judged is _Judgement.PLAIN:
            return self.text(value)
        if signed := _AUTHORIZATION.fullmatch(value):
            algorithm, parts = signed.groups()
            return f"{algorithm} {','.join(map(_authorization_part, parts.split(',')))}"
        return str(self._value(value, judged))


def redact_json(value: Any) -> Any:
    """Return a copy of JSON data without secrets and account ids, of the same kinds and shapes.

    A number that may be an account stays a number of as many digits, text stays text. What is null, empty, true or false
    stays. What is too deep, or holds too large a number, to be looked through is replaced whole, by a text.
    """
    return _OF_THE_PROCESS.json(value)


def redact_text(text: str) -> str:
    """Return a text without secrets and account ids. An echo of a signed request is cut, with all that follows it."""
    return _OF_THE_PROCESS.text(text)


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers, all with their names and in their order, without secrets and account ids in their values."""
    return _OF_THE_PROCESS.headers(headers)


_OF_THE_PROCESS = Redaction()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object, which no longer shows what a name had that is there twice.

    Raises:
        ValueError: one is.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _judge(name: object, value: object = "") -> _Judgement:
    """Return the meaning of a name for its value. Docker's `auth` is a secret; an object of that name is none."""
    if is_secret(str(name)):
        return _Judgement.PLAIN if name == "auth" and isinstance(value, dict | list) else _Judgement.SECRET
    plain = re.sub(r"[^a-z0-9]", "", str(name).lower())
    return _Judgement.ACCOUNT if _ACCOUNT_NAME.search(plain) else _Judgement.PLAIN


def _item_judgement(items: Sequence[Any], index: int) -> _Judgement:
    """Return the name in the item before: the name in a pair, such as a header, or an option in the arguments of a command."""
    before = items[index - 1] if index else None
    if not isinstance(before, str):
        return _Judgement.PLAIN
    if len(items) == _PAIR:
        return _judge(before)
    if not before.startswith("-"):
        return _Judgement.PLAIN
    command = " ".join(item for item in items[max(0, index - _COMMAND) : index] if isinstance(item, str))
    takes_secret = is_secret(before) or is_option_of_secret(before, str(items[index]), command)
    return _Judgement.SECRET if takes_secret else _Judgement.PLAIN


def _naming(members: dict[Any, Any]) -> Any:
    """Return how to judge a member by what another one says: a function of its name."""
    said = [
        _judge(value)
        for name, value in members.items()
        if isinstance(value, str) and str(name).lower().endswith(_NAMING)
    ]
    judged = next((one for one in said if one is not _Judgement.PLAIN), _Judgement.PLAIN)
    return lambda name: judged if str(name).lower().endswith(_NAMED) else _Judgement.PLAIN


def _authorization_part(part: str) -> str:
    if _SIGNED_HEADERS.fullmatch(part):
        return part
    named = _PART.fullmatch(part)
    return f"{named[1]}={REDACTED}" if named else REDACTED
