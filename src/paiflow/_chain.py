"""Explain in one line why the vendor's chain of credentials failed: each provider in order, and the remedy.

Its own error is a Python list of the errors of its providers, each of which quotes what it likes.
"""

from __future__ import annotations

import ast
import re
from typing import Final

from paiflow._text import clean

_ENVIRONMENT: Final = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run: aliyun configure"
_ABSENT: Final = frozenset({"not set", "no such file", "disabled", "no answer", "no role"})

# By the provider's class: what it looks at, and what mends it if it is there and does not do.
_PROVIDERS: Final = {
    "EnvironmentVariable": ("the environment", _ENVIRONMENT),
    "OIDCRoleArn": (
        "the OIDC role",
        "check ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    ),
    "CLIProfile": (
        "~/.aliyun/config.json",
        "run aliyun configure, or name a profile in ALIBABA_CLOUD_PROFILE",
    ),
    "Profile": (
        "~/.alibabacloud/credentials.ini",
        "check that file, or the one that ALIBABA_CLOUD_CREDENTIALS_FILE names",
    ),
    "EcsRamRole": ("the RAM role of an ECS instance", "give the instance a RAM role"),
    "URL": ("ALIBABA_CLOUD_CREDENTIALS_URI", "check what ALIBABA_CLOUD_CREDENTIALS_URI names"),
}

# What a provider's error says, in a few words. The first that fits; the text of any other is cut.
_REASONS: Final = (
    (r"cannot be empty", "not set"),
    (r"unable to open credentials file|failed to get credential from credentials file", "no such file"),
    (r"unable to get profile with '([\w.-]{1,40})'", r"no profile \1"),
    (r"invalid profile name", "no profile is the current one"),
    (r"failed to parse", "not valid JSON"),
    (r"disabled", "disabled"),
    (r"HttpCode=404", "no role"),
    (r"unsupported profile mode '([\w-]{1,40})'", r"mode \1 is not supported"),
    (r"(?i)connectionpool|timed? ?out|refused|unreachable|max retries|no route|metadata server", "no answer"),
)
_WORDS: Final = 80


def tried(text: str) -> str | None:
    """Return the tried providers and the remedy, from the text of the chain's error; None for another error."""
    found = re.search(r"providers in the chain: (\[.*\])", text, re.DOTALL)
    try:
        entries = ast.literal_eval(found[1]) if found else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        entries = None
    if not entries:
        return None
    looked: list[str] = []
    mend = _ENVIRONMENT
    for entry in entries:
        provider, _, message = str(entry).partition(": ")
        name, remedy = _PROVIDERS.get(provider.removesuffix("CredentialsProvider"), (clean(provider, 60), ""))
        reason = _reason(message)
        if reason not in _ABSENT and remedy and mend == _ENVIRONMENT:
            mend = remedy
        looked.append(f"{name} ({reason})")
    return f"tried {', '.join(looked)}; {mend}"


def _reason(message: str) -> str:
    for pattern, words in _REASONS:
        if found := re.search(pattern, message):
            return found.expand(words)
    text = clean(message, _WORDS)
    return text if len(text) <= _WORDS else f"{text.rpartition(' ')[0] or text[:_WORDS]} …"
