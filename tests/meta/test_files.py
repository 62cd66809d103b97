"""What must not be in a committed file, and how long a file may be."""

from __future__ import annotations

import re
import warnings

import pytest
from meta.house import PACKAGE, python_files, texts

HARD_LIMIT, SOFT_LIMIT = 500, 300
# Written in two parts, so that this file does not object to itself.
_HOSTS = ("pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org", "proxy.golang" + ".org")
_MACHINE = re.compile(r"(?<![\w.$}])(/(?:home|Users)/[a-z0-9_]+/|/work" + r"/|/root" + r"/|/tmp" + r"/room)")
_SECRETS = (
    re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{100,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\b(?:ghp|gho|ghs|github_pat|glpat|pul)[_-][A-Za-z0-9]{20,}"),
    re.compile(r"""(?i)\b\w*(?:password|passphrase|secret|token|api_?key)\w*\s*=\s*["'][A-Za-z0-9+/]{24,}={0,2}["']"""),
)


# Looks like a secret, and is the handshake constant that Pulumi's own code publishes: it marks secrets on the wire.
_PUBLISHED = ("1b47061264138c4ac30d75fd1eb44270", "4dabf18193072939515e22adb298388d")


def test_no_file_is_too_long() -> None:
    """Written by people, that is: a generated file is as long as its models make it."""
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(text.splitlines())
        for path in python_files(PACKAGE)
        if "\nWritten by tools/" not in (text := path.read_text())
    }
    long = {name: lines for name, lines in lengths.items() if lines > SOFT_LIMIT}
    if long:
        shown = ", ".join(f"{name} {lines}" for name, lines in sorted(long.items(), key=lambda each: -each[1]))
        print(f"over {SOFT_LIMIT} lines: {shown}")
    assert {name: lines for name, lines in long.items() if lines > HARD_LIMIT} == {}


@pytest.mark.parametrize("host", _HOSTS)
def test_no_file_names_a_registry(host: str) -> None:
    assert [name for name, text in texts() if host in text] == []


def test_no_file_names_a_directory_of_this_machine() -> None:
    found = [f"{name}: {match[0]}" for name, text in texts() for match in [_MACHINE.search(text)] if match]
    assert found == []


def test_no_file_holds_a_secret() -> None:
    """Keys that tests read as hostile input lie in tests/vectors and are known to the world; those of recorded stores were
    made for the recording."""
    found = [
        f"{name}: {match[0][:40]}"
        for name, text in texts(without=("tests/vectors/", "tests/upgrade/recorded/"))
        for pattern in _SECRETS
        for match in pattern.finditer(text)
        if not any(known in match[0] for known in _PUBLISHED)
    ]
    assert found == []


def test_the_warning_filter_stays_strict() -> None:
    """A warning in a test is an error, so this one must raise."""
    with pytest.raises(UserWarning):
        warnings.warn("tried", stacklevel=1)
