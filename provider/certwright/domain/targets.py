"""What a user writes under `target` of a CertificateAssociation: one model for each kind that we ship.

Only the shape lives here, so that schema, checks and docs can be made without the adapters that serve it.
"""

from __future__ import annotations

import posixpath
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

# A private key may be read by its owner and one group; the rest of the machine is never among them.
ALLOWED_MODES = (0o400, 0o440, 0o600, 0o640, 0o660)
DEFAULT_MODE = "0600"
DEFAULT_KEEP = 3
LONGEST_PATH = 3072  # leaves room below Linux's 4096 for the names that we add


class OnDelete(StrEnum):
    """What deleting an association does with the files that it owns."""

    REMOVE = "REMOVE"
    KEEP = "KEEP"


def _mode_text(value: Any) -> Any:
    """Normalise a file mode to four octal digits.

    YAML 1.1 reads `0600` as the number 384, YAML 1.2 as 600: both are meant as 0600. The allowed modes are such that
    the two readings never meet.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f'{value} is not a file mode; write "{DEFAULT_MODE}"')
    digits = value.strip().removeprefix("0o") if isinstance(value, str) else str(int(value))
    readings = [int(digits, 8)] if digits and set(digits) <= set("01234567") else []
    if not isinstance(value, str):
        readings.append(int(value))
    for mode in readings:
        if mode in ALLOWED_MODES:
            return f"{mode:04o}"
    allowed = " ".join(f"{mode:04o}" for mode in ALLOWED_MODES)
    raise ValueError(f"{str(value)[:20]!r} is not a mode for a private key; allowed are {allowed}")


def _path_text(value: Any) -> Any:
    """Normalise an absolute path; two spellings of one directory are one place."""
    if not isinstance(value, str):
        return value
    if "\0" in value or "\n" in value:
        raise ValueError("a path holds no NUL and no line break")
    if not value.startswith("/"):
        raise ValueError(f"{value[:80]!r} is not absolute; write the whole path, from / on")
    if len(value) > LONGEST_PATH:
        raise ValueError(f"the path is longer than {LONGEST_PATH} characters")
    if ".." in value.split("/"):
        raise ValueError(f'{value[:80]!r} has a ".." in it; write the path without')
    clean = "/" + posixpath.normpath(value).lstrip("/")
    if clean == "/":
        raise ValueError("the root directory is no place for a certificate; name a directory of its own")
    return clean


def _owner_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    user, colon, group = value.strip().partition(":")
    if value and (not user or (colon and not group) or ":" in group or any(c.isspace() for c in user + group)):
        raise ValueError(f"{value[:40]!r} is not an owner; write user or user:group")
    return value.strip()


def _upper_text(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _reload_list(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("is an argument list, not one text; write [systemctl, reload, nginx]")
    if isinstance(value, list | tuple):
        if value and not value[0]:
            raise ValueError("the first argument is the program; it is empty")
        if any(isinstance(argument, str) and "\0" in argument for argument in value):
            raise ValueError("an argument holds no NUL")
        return tuple(value)
    return value


class Target(BaseModel):
    """Base of all targets: wire names in camelCase, nothing unknown, never changed after decoding."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class DirectoryTarget(Target):
    """Files in a directory, switched at once by one symbolic link: PATH/current/{cert,chain,fullchain,privkey}.pem."""

    path: Annotated[str, BeforeValidator(_path_text)] = Field(
        description="Absolute path of the directory. The files are PATH/current/{cert,chain,fullchain,privkey}.pem; "
        "`current` is a symbolic link that switches at once. Other files in the directory are left alone. "
        "Another path replaces the association."
    )
    mode: Annotated[str, BeforeValidator(_mode_text)] = Field(
        default=DEFAULT_MODE,
        description="Mode of the files, octal: 0400, 0440, 0600, 0640 or 0660. With group access the directories are "
        "0750, otherwise 0700.",
    )
    owner: Annotated[str, BeforeValidator(_owner_text)] = Field(
        default="",
        description="Owner of the files as `user` or `user:group`, by name or number. Default: who runs the program. "
        "Giving files to others needs the rights to do so.",
    )
    reload: Annotated[tuple[str, ...], BeforeValidator(_reload_list)] = Field(
        default=(),
        description="Command that makes the server read the new files, as a list of arguments; no shell is involved. "
        "Its environment is PATH, HOME, LANG, CERTWRIGHT_ARN and CERTWRIGHT_{CERT,KEY,CHAIN,FULLCHAIN}_PATH. "
        "When it fails, the old pair is put back.",
    )
    keep: int = Field(
        default=DEFAULT_KEEP, ge=0, le=100, description="How many old versions stay beside the current one."
    )
    on_delete: Annotated[OnDelete, BeforeValidator(_upper_text)] = Field(
        default=OnDelete.REMOVE,
        description="REMOVE takes away the files that the association owns; KEEP leaves them and gives up the "
        "ownership.",
    )

    @property
    def file_mode(self) -> int:
        return int(self.mode, 8)

    @property
    def directory_mode(self) -> int:
        return 0o750 if self.file_mode & 0o070 else 0o700


TARGET_MODELS: tuple[tuple[str, type[Target]], ...] = (("directory", DirectoryTarget),)
"""Kind and model, one line for each kind that we ship. Kinds of third parties check their own target."""
