"""CheckConfig, DiffConfig and Configure as pure functions over neutral trees."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certwright.config import SETTINGS, Setting, check, environment_name
from certwright.domain.errors import Finding
from certwright.domain.values import UNKNOWN, Secret, contains_unknown, reveal

SECRET_SETTINGS = frozenset(s.name for s in SETTINGS if s.secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDiff:
    """One provider setting that changed. `kind`: ADD, DELETE or UPDATE, as in PropertyDiff."""

    name: str
    kind: str
    replaces: bool


def check_settings(news: Mapping[str, Any]) -> list[Finding]:
    """Every objection at once; a secret setting's text is not repeated by any of them."""
    return check(news)


def marked_settings(news: Mapping[str, Any]) -> dict[str, Any]:
    """Secret settings marked by CheckConfig itself: the engine strips the marks, and YAML sets none (SEC-6)."""
    return {
        name: Secret(value)
        if name in SECRET_SETTINGS and value is not None and not isinstance(value, Secret)
        else value
        for name, value in news.items()
    }


def diff_settings(
    old: Mapping[str, Any], new: Mapping[str, Any], *, environ: Mapping[str, str] | None = None
) -> list[SettingDiff]:
    """What changed between two sets of provider arguments.

    An absent setting equals its environment variable or default: a resource that moves from the default provider to an
    explicit one is compared with `{}` (pulumi.md 1), and must not be replaced for naming the region it is in already.
    `version` and other keys that are no settings are not compared.
    """
    environ = os.environ if environ is None else environ
    changed = []
    for setting in SETTINGS:
        before, after = _effective(setting, old, environ), _effective(setting, new, environ)
        if before == after and after is not UNKNOWN:
            continue
        kind = "ADD" if setting.name not in old else "DELETE" if setting.name not in new else "UPDATE"
        changed.append(SettingDiff(name=setting.name, kind=kind, replaces=setting.replaces and after is not UNKNOWN))
    return changed


def _effective(setting: Setting, values: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
    raw = values.get(setting.name)
    if contains_unknown(raw):
        return UNKNOWN
    if raw is None:
        raw = environ.get(environment_name(setting.name)) or setting.default or None
    return _canonical(setting, reveal(raw))


def _canonical(setting: Setting, raw: Any) -> Any:
    """Lists, maps and flags may come as JSON text from an SDK and as values from YAML: compare the same form."""
    import json

    if setting.shape != "text" and isinstance(raw, str):
        try:
            return json.loads(raw)
        except ValueError:
            return raw
    return raw


def unknown_settings(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(name for name, value in arguments.items() if contains_unknown(value)))
