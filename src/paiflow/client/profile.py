"""Read region and workspace from the profile of the vendor's command: ~/.aliyun/config.json.

The file holds keys too. They are never kept here: the vendor's own package reads them (credentials.py).

Source: https://github.com/aliyun/aliyun-cli: {"current": NAME, "profiles": [{"name", "mode", "region_id", …}]}; the variables
are those of alibabacloud-credentials. `workspace_id` is ours: the vendor's command has no such field, and ignores it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from paiflow.errors import ConfigurationError

SHOWN: Final = "~/.aliyun/config.json"
VARIABLE: Final = "ALIBABA_CLOUD_PROFILE"
DISABLED: Final = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"


class Profile(NamedTuple):
    """The settings of a profile, without its keys."""

    name: str
    mode: str | None = None
    region: str | None = None
    workspace_id: str | None = None


class Profiles(NamedTuple):
    """The profiles of the file.

    Attributes:
        by_name: all of them.
        current: the name of the one to use if nothing else is said.
    """

    by_name: Mapping[str, Profile]
    current: str | None = None

    def in_force(self, environ: Mapping[str, str]) -> Profile | None:
        """Return the profile that ALIBABA_CLOUD_PROFILE names, else the current one; None if it is not in the file."""
        return self.by_name.get(environ.get(VARIABLE) or self.current or "")


def in_force(environ: Mapping[str, str]) -> Profile | None:
    """Return the profile to go by; None if there is none, or the file cannot be read."""
    try:
        return load(environ).in_force(environ)
    except ConfigurationError:
        return None  # what is missing then is reported as such


def load(environ: Mapping[str, str]) -> Profiles:
    """Return the settings of the file; none if it is missing, or switched off.

    Raises:
        ConfigurationError: it cannot be read, or is not what the vendor's command writes.
    """
    if environ.get(DISABLED, "").lower() == "true":
        return Profiles({})
    home = environ.get("HOME") or str(Path.home())
    try:
        profiles = _read(Path(home, ".aliyun", "config.json"))
    except FileNotFoundError:
        return Profiles({})
    except OSError as error:
        raise ConfigurationError(f"{SHOWN} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        profiles = None
    if profiles is None:  # out here, as the error quotes what it could not read
        raise ConfigurationError(
            f"{SHOWN} is not valid: it should hold a JSON object with profiles; run aliyun configure"
        )
    return profiles


def _read(path: Path) -> Profiles | None:
    value = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(value, dict) or not isinstance(value.get("profiles", []), list):
        return None
    found = [_profile(one) for one in value.get("profiles", []) if isinstance(one, dict)]
    return Profiles({one.name: one for one in found if one.name}, _text(value, "current"))


def _profile(value: Mapping[str, Any]) -> Profile:
    texts = {name: _text(value, name) for name in ("mode", "region_id", "workspace_id")}
    return Profile(_text(value, "name") or "", texts["mode"], texts["region_id"], texts["workspace_id"])


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and found != "" else None
