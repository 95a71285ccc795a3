"""Take secrets and account ids out of what is kept or shown of an exchange: JSON, text, headers.

What goes: account ids, access key ids, tokens, signatures, passwords, cookies, e-mail addresses, user info in URLs. What
stays: names, kinds and shapes, and the ids of runs, nodes, outputs and requests. So a number stays a number of as many
digits, and one sees that an Authorization was there. An account id has the same replacement for as long as a `Redaction`
lasts; that of the functions lasts as long as the process.

JSON is judged by the names in it, also where a text holds JSON, escaped or not; text by its patterns. Where it is not
certain what something is, it goes. Every pattern takes time in proportion to the text, as a reply may be any text.

Sources of the shapes: an account has 16 digits, a RAM user or role 18; an ARN is `acs:ram::<account>:role/<name>` (RAM,
"Terms"); AccessDeniedDetail names the principal (RAM, "Troubleshoot access denied errors"); a signed URL has OSSAccessKeyId
and Signature, or x-oss-credential and x-oss-signature (OSS, "Include a signature in a URL").
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache, partial
from itertools import count
from typing import Any

from paiflow._forks import Lock
from paiflow._text import redacted

REDACTED = "[redacted]"

# Names, in lower case and without punctuation. Judged by their end, so that a SecurityToken is a token and a Tokenizer none.
_SECRET_NAME = re.compile(
    r"(?:token|secret|password|passwd|passphrase|pwd|signature|authorization|cookie|accesskey|apikey|secretkey|privatekey"
    r"|credential|session|stringtosign|canonicalrequest|canonicalstring|encodeddiagnosticmessage)s?"
    r"(?:id|key|value|text|hash|secret|string)?$|^(?:ak|sk|pin)$"
)
_ACCOUNT_NAME = re.compile(
    r"(?:user|owner|account|principal|caller|creator|tenant|customer)(?:id|uid|pk|number|name|displayname)?$"
    r"|(?<![gu])uid$|(?:loginname|mail|phone|mobile)$"
)
# {"name": "token", "value": "…"}: what one member says names the other. Judged by their ends: ParameterKey, TagValue.
_NAMING = ("name", "key", "field", "parameter", "header")
_NAMED = ("value", "values", "val", "default", "text", "content", "data")

# The same where text has no structure: `name: value`, `name=value`, `"name": "value"`, escaped and percent-encoded too.
_WORD = (
    r"(?i:(?:token|secret|pass(?:word|wd|phrase)|pwd|signature|cookie|api[-_]?key|private[-_]?key|access[-_]?key|credentials?"
    r"|encodeddiagnosticmessage)s?(?:[-_]?(?:id|key|value|secret))?)"
)
_QUOTE = r"(?:\\*[\"']|(?i:&quot;|&apos;|&#(?:34|39|x22|x27);|%(?:25)*2[27]))"
_SPACE = r"(?:\s|%(?:25)*20)*"
_IS = rf"{_QUOTE}?{_SPACE}(?:[=-]?>|[=:]|(?i:%(?:25)*3[ad]|&gt;)){_SPACE}"
_QUOTED_SECRET = re.compile(rf"({_WORD}{_IS}({_QUOTE}))(?:(?!(?<!\\)\2).)+", re.DOTALL)
# It may be broken over lines; a line that begins with another name is none of it.
_BREAK = r"[ \t]{0,20}(?:\r?\n|\\{1,9}r?\\{0,9}n)[ \t]{0,20}"
_GOES_ON = rf"(?:{_BREAK}(?=[0-9A-Za-z+/=_%-]{{16}})[0-9A-Za-z+/=_%-]++(?![ \t]{{0,20}}:))*"
_BARE_SECRET = re.compile(rf"({_WORD}{_IS}(?:[|>][+-]?{_BREAK})?)[^\s\"'\\&<>]+{_GOES_ON}")
# `--access-key-secret …`, `the password is …`: what cannot be a word.
_LOOSE_SECRET = re.compile(rf"({_WORD}\s+(?:is\s+)?)(?=[^\s0-9]{{0,100}}[0-9])[0-9A-Za-z+/=_.~-]{{16,}}")
_COOKIE = re.compile(rf"((?i:cookie){_IS})[^\r\n\"'\\<>]+")
_ACCOUNT_WORD = re.compile(
    r"((?i:(?:user|owner|account|principal|caller|creator|tenant)[-_ ]?(?:id|uid|pk)?|\buid)"
    rf"{_IS}(?:\\*[\"'])?|acs:[^:\s\"']*:[^:\s\"']*:)([0-9]+)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[0-9a-z._~+/=-]{8,}")
_USER_INFO = re.compile(r"(?i)(://|%3A%2F%2F)[^\s/?#\"'<>\\]{0,500}(@|%40)")
_MAIL = re.compile(r"(?i)[0-9a-z._+-]{1,64}(@|%40)[0-9a-z-]{1,63}(?:\.[0-9a-z-]{1,63})+")
# Known by their looks: a JSON web token, a token of the security token service, a private key.
_LOOKS = re.compile(
    rf"eyJ[0-9A-Za-z_-]{{8,}}(?:\.[0-9A-Za-z_-]*)*|CAIS[0-9A-Za-z+/=%_-]{{8,}}{_GOES_ON}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
    re.DOTALL,
)
# What may be base64 of a text.
_BASE64 = re.compile(r"(?<![0-9A-Za-z+/_-])[0-9A-Za-z+/_-]{16,}+={0,2}")
# Digits enough for an account. A hash or a trace id is long and hexadecimal, and so no account, whatever digits are in it;
# nor is the id of a run, a node or an output.
_DIGITS = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{24,}(?![0-9A-Za-z])"
    r"|(?:flow|node|artifact|pipeline)-[0-9a-z]{18}(?![0-9a-z])|(%[0-9A-Fa-f]{2})?([0-9]{15,})"
)
_ENOUGH, _TOO_MANY = 10**14, 10**21
# Without any of these no pattern can be in a text. Most are names and ids: this is for speed.
_SUSPICIOUS = re.compile(
    r"[=:>@%&\0]|[0-9]{15}|[0-9A-Za-z+/_-]{24}|eyJ|CAIS|LTAI|STS\.|-----BEGIN|(?i:bearer|basic|to ?sign|canonical)"
    rf"|{_WORD}\s"
)

_AUTHORIZATION = re.compile(r"(ACS3-[0-9A-Z]+-[0-9A-Z]+) +(.*)")
_SIGNED_HEADERS = re.compile(r"SignedHeaders=[a-z0-9;-]*")
_PART = re.compile(r"(Credential|Signature)=[^\s=]*=*")

_URL_SAFE = str.maketrans("+/", "-_")
_SHORT = 100
_PAIR = 2

# Stands for what was redacted already, while a text is looked through once more.
_DONE = "\ue000"


class _Judgement(Enum):
    """What a name says of its value."""

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
        """Return what stands for an account id: as many digits, of which the first is 9."""
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
                    item, next((one for one in (_judge(name), judged) if one is not _Judgement.PLAIN), said(name))
                )
                for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            # Two of which the first is a name may be the pair of a header, or of a parameter.
            named = _judge(value[0]) if len(value) == _PAIR and isinstance(value[0], str) else judged
            said = [judged, named if judged is _Judgement.PLAIN else judged]
            return [self._value(item, said[index > 0]) for index, item in enumerate(value)]
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
        if not _SUSPICIOUS.search(text):
            return text
        return self._short(text) if len(text) <= _SHORT else self._replaced(text)

    def _replaced(self, text: str) -> str:
        if "\0" in text and self._patterns(plain := text.replace("\0", "")) != plain:
            return REDACTED  # UTF-16 that was read as something else
        text = redacted(text.replace(REDACTED, _DONE)).replace(REDACTED, _DONE)
        text = _COOKIE.sub(rf"\1{_DONE}", text)
        text = _LOOKS.sub(_DONE, text)
        text = _QUOTED_SECRET.sub(rf"\1{_DONE}", text)
        text = _BARE_SECRET.sub(rf"\1{_DONE}", text)
        text = _LOOSE_SECRET.sub(rf"\1{_DONE}", text)
        text = _SCHEME.sub(rf"\1 {_DONE}", text)
        text = _USER_INFO.sub(r"\1redacted\2", text)
        text = _BASE64.sub(self._encoded, text)
        text = _MAIL.sub(r"redacted\1example.com", text)
        text = _ACCOUNT_WORD.sub(lambda found: found[1] + self.account(found[2]), text)
        text = _DIGITS.sub(lambda found: (found[1] or "") + self.account(found[2]) if found[2] else found[0], text)
        return text.replace(_DONE, REDACTED)

    def _encoded(self, found: re.Match[str]) -> str:
        """Return what may be base64, as it is, or replaced if what it says had to change."""
        try:
            said = base64.urlsafe_b64decode(found[0].rstrip("=").translate(_URL_SAFE) + "==").decode()
        except (ValueError, UnicodeDecodeError):
            return found[0]
        return found[0] if self.text(said) == said else _DONE

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


def _judge(name: object) -> _Judgement:
    plain = re.sub(r"[^a-z0-9]", "", str(name).lower())
    if _SECRET_NAME.search(plain):
        return _Judgement.SECRET
    return _Judgement.ACCOUNT if _ACCOUNT_NAME.search(plain) else _Judgement.PLAIN


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
