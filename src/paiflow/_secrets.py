r"""Redact secrets in text: by the name in front, by their form, options of commands, signed URLs.

Only this module knows the names and forms of secrets. `paiflow._text` uses it for messages,
`paiflow._redaction` for all that is kept or shown of replies, with account ids on top.

Where it is not certain that something is a secret, it goes; but ordinary words, ids and digests stay readable. Every
pattern takes time in proportion to the text, as a reply may be any text.

Sources: the prefixes are those of the rules of gitleaks (https://github.com/gitleaks/gitleaks, config/gitleaks.toml) and of
GitHub's secret scanning; a signed URL has OSSAccessKeyId and Signature, or x-oss-credential and x-oss-signature (OSS,
"Include a signature in a URL"), X-Amz-Signature (S3), or sig (Azure); `auth` is docker's config.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

REDACTED: Final = "[redacted]"
# Stands for what was redacted already, while a text is looked through once more.
DONE: Final = "\ue000"

# Names, in lower case and without punctuation. Judged by their end, so that a SecurityToken is a token and a Tokenizer none.
_SECRET_NAME = re.compile(
    r"(?:token|secret|password|passwd|passphrase|passcode|pwd|pswd|psw|signature|authorization|cookie|jwt|credential|session"
    r"|(?:access|api|secret|private|master|signing|encryption|shared|account|storage|ssh|hmac|preshared)key"
    r"|stringtosign|canonicalrequest|canonicalstring|encodeddiagnosticmessage|connectionstring|kubeconfig)s?"
    r"(?:id|key|value|text|hash|secret|string|pem|base64|plaintext|data)?$"
    r"|(?:ticket|otp|passkey|pincode|(?:mfa|verification|verify|auth|access|security|sms)code|密码|口令|密钥|秘钥|令牌|私钥)$"
    r"|^(?:ak|sk|aksk|pin|pem|psk|cvv|auth)$"
)
# Numbers of tokens, of which language models make many.
_COUNTED = re.compile(
    r"(?:max|min|total|num|new|input|output|prompt|completion|cached|used)[a-z]*tokens$|tokens?(?:count|limit|usage)$"
)

_CHINESE = r"(?:密\s?码|口令|密钥|秘钥|令牌|私钥|验证码)"
# The same where text has no structure: `name: value`, `name=value`, `"name": "value"`, escaped and percent-encoded too.
_KEYS = r"(?:api|private|access|secret|account|master|signing|encryption|shared|storage|ssh|hmac)[-_ ]?key"
_WORD = (
    r"(?:(?i:(?:token|secret|pass(?:word|wd|phrase|code)|p(?:s?wd|sw)|signature|cookie|jwt|connection[-_ ]?string|credentials?"
    rf"|{_KEYS}|encodeddiagnosticmessage)s?(?:[-_]?(?:id|key|value|secret|pem|hash|base64))?)"
    rf"|{_CHINESE}[为是]?)"
)
_NAMED = re.compile(_WORD)
_QUOTE = r"(?:\\*[\"'“”‘’]|(?i:&quot;|&apos;|&#(?:34|39|x22|x27);|%(?:25)*2[27]))"
_SPACE = r"(?:\s|\\{1,9}(?:[nrt]|u3000)|%(?:25)*20)*"
_IS = rf"{_QUOTE}?{_SPACE}(?:[=-]?>|:=|[=:：＝﹕→]|(?i:%(?:25)*3[ad]|&gt;)){_SPACE}"
# It may be broken over lines; a line that begins with another name is none of it.
_BREAK = r"[ \t]{0,20}(?:\r?\n|\\{1,9}r?\\{0,9}n)[ \t]{0,20}"
GOES_ON: Final = rf"(?:{_BREAK}(?=[0-9A-Za-z+/=_%-]{{16}})[0-9A-Za-z+/=_%-]++(?![ \t]{{0,20}}:))*"
# A value that is one of these is the next word of a sentence: `invalid token: unexpected end`.
_ORDINARY = re.compile(
    r"an?|and|are|at|be|but|can|cannot|could|denied|does|empty|expected|expired|failed|for|from|ha[sd]|have|if|in(?:correct|valid)?"
    r"|is|it|length|may|missing|must|none?|not|null|of|or|please|required|should|string|that|the|this|too?|unexpected|unknown"
    r"|unset|was|were|when|will|with|wrong|your?"
)

# From here on a message is an echo of a signed request.
_ECHO = re.compile(r"(?i)(server('s|’s)? )?(string ?to ?sign|canonical ?(request|string))")

_PREFIX = (
    r"(?:gh[pousr]|github_pat|glpat|gl(?:dt|rt|cbt|ptt|ft|soat|agent)|npm|pypi|dckr_pat|shp(?:at|ca|pa|ss)|dop_v1|glsa|sntrys"
    r"|lin_api|figd|whsec|nvapi|[rsp]k_(?:live|test)|sq0(?:atp|csp)|xox[a-z](?:\.xox[a-z])?|xapp)[-_]"
)
# Known by their looks. Most prefixes are certain; those of two letters begin a word.
_LOOKS = re.compile(
    r"eyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)*"  # a JSON web token
    rf"|CAIS[0-9A-Za-z+/=%_-]{{8,}}{GOES_ON}"  # a token of the security token service
    r"|(?:LTAI[0-9A-Za-z]{4}|STS\.[0-9A-Za-z]{8}|AKID[0-9A-Za-z]{12})[0-9A-Za-z]*"  # key ids of Alibaba Cloud and Tencent Cloud
    r"|(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Za-z]{12,}|AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,}"
    rf"|{_PREFIX}[0-9A-Za-z_-]{{12,}}"
    r"|SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}|hv[sbr]\.[0-9A-Za-z_-]{20,}|ATATT3[0-9A-Za-z_=-]{20,}"
    r"|(?:(?<![0-9A-Za-z_-])|(?<=\\[nrt]))(?:"
    r"(?:hf_|gsk_|r8_|sk-)(?:[0-9A-Za-z]{20,}|(?=[a-z_-]*[0-9A-Z])[0-9A-Za-z_-]{12,})|dapi[0-9a-f]{32})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|.*)",
    re.DOTALL,
)

_COOKIE = re.compile(rf"((?i:cookie){_IS})[^\r\n\"'\\<>]+")
_AUTHORIZATION = re.compile(r"(?i)(authorization[\\\"']*\s*[=:：])[^\r\n]+")
# The string to sign, which is the algorithm and a hash.
_STRING_TO_SIGN = re.compile(r"(ACS3-HMAC-SHA256)(?:\s|\\+[rn]|(?i:%0[ad]|&#10;))+[0-9a-fA-F]{64}")
_QUOTED = re.compile(rf"({_WORD}{_IS}({_QUOTE}))(?:(?!(?<!\\)\2).)+", re.DOTALL)
_BARE = re.compile(
    rf"(?P<name>{_WORD})(?P<is>(?:\s(?:is|to|was))?{_IS}(?:[|>][+-]?{_BREAK})?)(?P<value>[^\s\"'\\&<>]+){GOES_ON}"
)
# In JSON that stands in a text, the whole name is known.
_MEMBER = re.compile(
    r"(?P<before>(?<!\\)\\{0,9}[\"'](?P<name>[\w.-]{2,60})\\{0,9}[\"']\s*:\s*(?P<quote>\\{0,9}[\"']))(?P<value>[^\"'\\]+)"
)
# `the password is …`: what cannot be a word. An option that is named so takes any value: `--password …`.
_LOOSE = re.compile(rf"({_WORD}\s+(?:(?:is|to)[:\s]\s*)?)(?=[^\s0-9]{{0,100}}[0-9])[0-9A-Za-z+/=_.~-]{{16,}}")
_CHINESE_SENTENCE = re.compile(rf"({_CHINESE}\s?[为是]\s?)[!-~]{{4,}}")
_LONG_OPTION = re.compile(rf"((?<!\S)--?(?:\w{{1,30}}[-_.]){{0,5}}{_WORD}\s+{_QUOTE}?)(?![-\"'\\])([^\s\"'\\]+)")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[0-9a-z._~+/=-]{8,}")
_USER_INFO = re.compile(
    r"(?i)(://|%3A%2F%2F)[^\s/?#\"'<>\\]{0,500}(@|%40)|(?<![^\s\"'=])[\w.-]{1,64}:[^\s@/\"']{1,100}(@)(?=tcp\()"
)
_QUERY = re.compile(r"(?i)([?&;](?:sig|sign|ticket|auth|otp|ak|sk)=)[^\s&\"'<>\\#]+")
# The number of a ticket is none, nor is a word: what has digits, and of a ticket is long.
_CODE = re.compile(
    rf"((?<![\w-])(?i:otp|ak|sk|pin){_IS}{_QUOTE}?)(?=[^\s\"'\\]{{0,100}}[0-9])[0-9A-Za-z+/=_.-]{{6,}}"
    rf"|((?<![\w-])(?i:ticket){_IS}{_QUOTE}?)(?=[^\s\"'\\]{{0,100}}[0-9])[0-9A-Za-z+/=_.-]{{16,}}"
)
# `-p SECRET`, `-pSECRET` and `-u USER:SECRET`, which mean other things in other commands.
_SHORT_OPTION = re.compile(
    rf"(?<!\S)(?P<option>-[pPawkuU]|--(?:proxy-)?user)(?P<between>(?:[ =]{_QUOTE}?)?)(?P<value>[^\s\"'\\|;&<>-][^\s\"'\\|;&<>]{{2,}})"
)
# The same as a list of arguments that stands in a text.
_ARGUMENT = re.compile(
    r"(?P<before>(?P<quote>[\"'])(?P<option>-[-\w]{1,40})(?P=quote)\s?,\s?[\"'])(?P<value>[^\"'\\\n]+)"
)
_PASSWORD_OPTIONS = frozenset({"-p", "-P", "-a", "-w"})
_USER_OPTIONS = frozenset({"-u", "-U", "--user", "--proxy-user"})
_LOGIN = re.compile(
    r"(?<![\w-])(?:odpscmd|my(?:sql|cli|sqldump|sqladmin|dumper)|mariadb|sshpass|login|redis-cli|mongo(?:sh|dump|export)?|beeline|sqlcmd"
    r"|smbclient|ldap\w+|mosquitto_\w+|kinit|7za?|unzip|zip|curl|wget|ossutil(?:64)?|ipmitool)(?![\w-])|\s-u\s*\S"
)
_OF_ITS_OWN = re.compile(r"[0-9:./-]+|[./~$].*|no:\w+|.*[/\\].*")
_BEFORE = 200

# Without any of these no rule applies. Most texts are names and ids: this is for speed.
SUSPICIOUS: Final = re.compile(
    r"[=:：＝﹕→>@%&\0]|[0-9A-Za-z+/_-]{24}|eyJ|CAIS|LTAI|STS\.|AKI[AD]|A[SB]IA|ACCA|AIza|ya29|SG\.|hv[sbr]\.|(?:hf|gsk|r8)_|sk-"
    rf"|{_PREFIX}|-----BEGIN|(?<![0-9A-Za-z])-[pPawkuU-]|{_CHINESE}|(?i:bearer|basic|to ?sign|canonical)|{_WORD}\s"
)


def is_secret(name: str) -> bool:
    """Return whether a value of this name is a secret."""
    plain = re.sub(r"[\W_]", "", name.lower())
    return bool(_SECRET_NAME.search(plain)) and not _COUNTED.search(plain)


def without_secrets(text: str) -> str:
    """Return the text with `[redacted]` for each secret. An echo of a signed request is cut, with all that follows it."""
    if not SUSPICIOUS.search(text):
        return text
    if echo := _ECHO.search(text):
        text = text[: echo.start()].rstrip(" ,;:([{\n") or REDACTED
    text = text.replace(REDACTED, DONE)
    for pattern, replacement in (*_BY_NAME, *_BY_LOOKS) if _NAMED.search(text) else _BY_LOOKS:
        text = pattern.sub(replacement, text)
    return text.replace(DONE, REDACTED)


def is_option_of_secret(option: str, value: str, before: str = "") -> bool:
    """Return whether an option of one letter takes a secret: `-p` of a command that logs in, or if its value looks so.

    Args:
        option: as it is written, such as `-p` or `--user`.
        value: what follows it.
        before: the command so far.
    """
    if option == "-k":  # elsewhere it takes no value
        return "ossutil" in before
    logs_in = bool(_LOGIN.search(before))
    if option in _USER_OPTIONS:
        _, colon, password = value.partition(":")
        return (
            bool(colon and password) and not value.replace(":", "").isdigit() and (logs_in or _looks_random(password))
        )
    if option not in _PASSWORD_OPTIONS or _OF_ITS_OWN.fullmatch(value):
        return False
    return logs_in or (option == "-p" and _looks_random(value))


def _looks_random(value: str) -> bool:
    kinds = (str.isdigit, str.isupper, str.islower)
    return len(value) >= 8 and any(map(str.isdigit, value)) and sum(any(map(kind, value)) for kind in kinds) > 1


def _member(found: re.Match[str]) -> str:
    return f"{found['before']}{DONE}" if is_secret(found["name"]) else found[0]


def _bare(found: re.Match[str]) -> str:
    name, value = found["name"].lower(), found["value"]
    is_count = name.startswith("tokens") and value.strip(".,;)").replace(",", "").isdigit() and len(value) < 9
    is_word = bool(_ORDINARY.fullmatch(value.lower().rstrip(".,;:!")))
    is_chinese = not value.lstrip("“‘")[:1].isascii() and DONE not in value
    is_path = name == "pwd" and value.startswith("/")
    if is_count or is_word or is_chinese or is_path:
        return found[0]
    return f"{found['name']}{found['is']}{DONE}"


def _long_option(found: re.Match[str]) -> str:
    return found[0] if found[2].isdigit() and found[1].rstrip().endswith("s") else f"{found[1]}{DONE}"


def _argument(found: re.Match[str]) -> str:
    option, value = found["option"], found["value"]
    line = re.sub("[\"',]+", " ", _line_before(found))
    takes_secret = is_secret(option) or is_option_of_secret(option, value, line)
    return f"{found['before']}{DONE}" if takes_secret else found[0]


def _line_before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - _BEFORE) : found.start()].rpartition("\n")[2]


def _short_option(found: re.Match[str]) -> str:
    option, value = found["option"], found["value"]
    if not is_option_of_secret(option, value, _line_before(found)):
        return found[0]
    user = f"{value.partition(':')[0]}:" if option in _USER_OPTIONS else ""
    return f"{option}{found['between']}{user}{DONE}"


_Rules = tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]

_BY_LOOKS: Final[_Rules] = (
    (_AUTHORIZATION, rf"\1 {DONE}"),
    (_STRING_TO_SIGN, rf"\1 {DONE}"),
    (_LOOKS, DONE),
    (_MEMBER, _member),
    (_ARGUMENT, _argument),
    (_SHORT_OPTION, _short_option),
    (_SCHEME, rf"\1 {DONE}"),
    (_QUERY, rf"\1{DONE}"),
    (_CODE, lambda found: f"{found[1] or found[2]}{DONE}"),
    (_USER_INFO, lambda found: f"{found[1] or ''}redacted{found[2] or found[3]}"),
)
# Where a text has one of the words.
_BY_NAME: Final[_Rules] = (
    (_COOKIE, rf"\1{DONE}"),
    (_QUOTED, rf"\1{DONE}"),
    (_LONG_OPTION, _long_option),
    (_BARE, _bare),
    (_LOOSE, rf"\1{DONE}"),
    (_CHINESE_SENTENCE, rf"\1{DONE}"),
)
