"""Make ids that look like the service's: a prefix and 18 letters and digits."""

import secrets
import string

__all__ = ["new_id"]

_CHARACTERS = string.ascii_lowercase + string.digits
_LENGTH = 18


def new_id(prefix: str) -> str:
    """Return a new id, such as flow-hynm2bv8wqhp5esfxq for the prefix `flow-`."""
    return prefix + "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))
