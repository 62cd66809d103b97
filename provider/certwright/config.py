"""Settings, and where each came from: argument, stack configuration, environment (`CERTWRIGHT_…`), default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from certwright.domain.errors import CertwrightError, Finding, Refused

_REGION = re.compile(r"^[a-z0-9][a-z0-9-]{0,31}$")
_PUBLIC_URL = re.compile(r"http://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?")
_ACCOUNT = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


@dataclass(frozen=True, slots=True)
class Setting:
    """One provider setting: wire name, shape, secrecy, and what its change does."""

    name: str
    shape: str  # text, list, map, bool, json
    description: str
    default: str = ""
    secret: bool = False
    replaces: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "region",
        "text",
        "Region of the resources; part of every ARN and of every key's namespace.",
        "local",
        replaces=True,
    ),
    Setting(
        "account",
        "text",
        "Account of the resources; part of every ARN and of the DNS tokens.",
        "000000000000",
        replaces=True,
    ),
    Setting(
        "store",
        "text",
        "Where the records are: `sqlite:///PATH` (default: in the data directory) or "
        "`postgresql+psycopg://…` for teams.",
        secret=True,
    ),
    Setting(
        "keyWrapper",
        "text",
        "What wraps the private keys: `file:PATH` (default: in the configuration directory) or `passphrase://`.",
        secret=True,
    ),
    Setting(
        "publicIssuer",
        "text",
        "Who signs public-kind certificates that do not say: a CA's ARN, or `bundled`.",
        "bundled",
    ),
    Setting(
        "validityProfile",
        "text",
        "`br`: the Baseline Requirements' cap on the day of issue less one day; `acm`: 395 days.",
        "br",
    ),
    Setting("validationDomain", "text", "The zone that the validation CNAMEs point into; the engine serves it."),
    Setting(
        "validationWriter",
        "text",
        "Name of the entry in `dnsWriters` that puts TXT records into the validation domain.",
    ),
    Setting(
        "dnsWriters",
        "json",
        "Map of writer name to `{rfc2136: {server, port, zone, keyName, keySecret, keyAlgorithm}}`.",
        secret=True,
    ),
    Setting("resolvers", "list", "Recursive resolvers, `host` or `host:port`; default: the system's."),
    Setting(
        "vantagePoints", "json", "List of `{name, resolvers, authoritativeServers}`; default: one, from `resolvers`."
    ),
    Setting(
        "authoritativeServers",
        "json",
        "Map of zone to a list of `host:port`, where the zone's own servers are "
        "reached other than by its NS records (split horizon, loopback).",
    ),
    Setting("caaIdentities", "list", "The names that CAA records may give to allow this installation."),
    Setting(
        "publicUrl",
        "text",
        "Where what certwright publishes is reached, e.g. `http://pki.example.com`. New certificates then name there the "
        "certificate of their CA; those that are issued already stay as they are.",
    ),
    Setting("defaultTags", "map", "Tags of every resource."),
    Setting("limits", "map", "Quotas: `namesPerCertificate` (10, at most 100)."),
    Setting("refreshBeforeUpdate", "bool", "Read certificates before each update, where a scheduler renews.", "false"),
    Setting("readOnly", "bool", "Refuse every create, update and delete.", "false"),
)

_BY_NAME = {s.name: s for s in SETTINGS}


def environment_name(setting: str) -> str:
    """`validationDomain` → `CERTWRIGHT_VALIDATION_DOMAIN`."""
    return "CERTWRIGHT_" + re.sub(r"(?<!^)(?=[A-Z])", "_", setting).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """Where things lie. `config` and `data` are apart so that a wrapping key is never beside the store."""

    data: Path
    config: Path
    runtime: Path

    @classmethod
    def resolve(cls, environ: Mapping[str, str]) -> Directories:
        home = environ.get("CERTWRIGHT_HOME")
        if home:
            base = Path(home).expanduser().absolute()
            return cls(data=base / "data", config=base / "config", runtime=base / "run")
        import platformdirs

        # Without a login session (CI, cron, sudo) there is no XDG_RUNTIME_DIR: platformdirs would warn at every start
        # and fall back to a directory below /tmp, whose name anyone could take first.
        own_session = environ.get("XDG_RUNTIME_DIR")
        cache = Path(platformdirs.user_cache_dir("certwright"))
        return cls(
            data=Path(platformdirs.user_data_dir("certwright")),
            config=Path(platformdirs.user_config_dir("certwright")),
            runtime=Path(own_session) / "certwright" if own_session else cache / "run",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, typed. `origins` says for each where it came from."""

    region: str = "local"
    account: str = "000000000000"
    store: str = field(default="", repr=False)
    key_wrapper: str = field(default="", repr=False)
    public_issuer: str = "bundled"
    validity_profile: str = "br"
    validation_domain: str = ""
    validation_writer: str = ""
    dns_writers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resolvers: tuple[str, ...] = ()
    vantage_points: tuple[Mapping[str, Any], ...] = ()
    authoritative_servers: Mapping[str, Any] = field(default_factory=dict)
    caa_identities: tuple[str, ...] = ()
    public_url: str = ""  # without a slash at its end
    default_tags: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    refresh_before_update: bool = False
    read_only: bool = False
    directories: Directories
    clock_offset: str = ""
    testing_store: bool = False
    allow_new_store: bool = False  # `certwright init` makes a store also on a CI runner
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def store_url(self) -> str:
        return self.store or f"sqlite:///{self.directories.data / 'store.db'}"

    @property
    def names_limit(self) -> int:
        return int(self.limits.get("namesPerCertificate", 10))


def load(arguments: Mapping[str, Any] | None = None, *, environ: Mapping[str, str] | None = None) -> Config:
    """Settle every setting: argument or stack configuration (Pulumi merges the two), environment, default.

    arguments: wire names; lists, maps and JSON may also come as JSON text, as Pulumi's configuration sends them.
    Raises Refused (`config.invalid`) with every wrong setting at once.
    """
    environ = os.environ if environ is None else environ
    findings: list[Finding] = check(arguments or {})
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        raw, origin = _find(setting, arguments or {}, environ)
        origins[setting.name] = origin
        if raw is None:
            continue
        try:
            values[_field(setting.name)] = _coerce(setting, raw)
        except ValueError as problem:
            findings.append(Finding(code="config.invalid", path=setting.name, message=str(problem)))
    if findings:
        raise Refused(_unique(findings))
    return Config(
        **values,
        directories=Directories.resolve(environ),
        clock_offset=environ.get("CERTWRIGHT_CLOCK_OFFSET", ""),
        testing_store=_truth(environ.get("CERTWRIGHT_TESTING_STORE", "")),
        origins=origins,
    )


def check(arguments: Mapping[str, Any]) -> list[Finding]:
    """Every objection to provider arguments, UNKNOWN and absent values passed over."""
    from certwright.domain.values import contains_unknown, reveal

    findings: list[Finding] = []
    for name, raw in arguments.items():
        setting = _BY_NAME.get(name)
        if setting is None:
            if name == "version" or name.startswith("__") or name == "pluginDownloadURL":
                continue
            known = ", ".join(sorted(_BY_NAME))
            findings.append(
                Finding(
                    code="config.unknown",
                    path=name,
                    message=f"is not a setting of certwright; the settings are {known}",
                )
            )
            continue
        if raw is None or contains_unknown(raw):
            continue
        try:
            _coerce(setting, reveal(raw))
        except ValueError as problem:
            findings.append(Finding(code="config.invalid", path=name, message=str(problem)))
    return findings


def _unique(findings: list[Finding]) -> list[Finding]:
    return list({(f.path, f.message): f for f in findings}.values())


def _field(wire: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", wire).lower()


def _find(setting: Setting, arguments: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Any, str]:
    from certwright.domain.values import contains_unknown, reveal

    value = arguments.get(setting.name)
    if value is not None and not contains_unknown(value):
        return reveal(value), "argument or stack configuration"
    variable = environment_name(setting.name)
    if environ.get(variable):
        return environ[variable], f"environment {variable}"
    if setting.secret and environ.get(variable + "_FILE"):
        path = Path(environ[variable + "_FILE"])
        try:
            return path.read_text().strip(), f"file named by {variable}_FILE"
        except OSError as problem:
            raise CertwrightError(
                f"{variable}_FILE names {path}, which cannot be read: {problem.strerror}", code="config.invalid"
            ) from None
    return None, "default"


def _truth(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _coerce(setting: Setting, raw: Any) -> Any:
    import json

    match setting.shape:
        case "text":
            return _text(setting, raw)
        case "bool":
            return raw if isinstance(raw, bool) else _truth(str(raw))
        case "list":
            if isinstance(raw, str):
                raw = json.loads(raw) if raw.lstrip().startswith("[") else [p for p in re.split(r"[,\s]+", raw) if p]
            if not isinstance(raw, list | tuple) or not all(isinstance(x, str) for x in raw):
                raise ValueError("must be a list of texts")
            return tuple(raw)
        case _:
            if isinstance(raw, str):
                try:
                    raw = json.loads(raw)
                except json.JSONDecodeError:
                    raise ValueError("is not valid JSON") from None
            return _structure(setting, raw)


def _structure(setting: Setting, raw: Any) -> Any:
    if setting.name == "vantagePoints":
        if not isinstance(raw, list) or not all(isinstance(x, dict) for x in raw):
            raise ValueError("must be a list of objects {name, resolvers, authoritativeServers}")
        return tuple(raw)
    if not isinstance(raw, dict):
        raise ValueError("must be an object")
    if setting.name == "dnsWriters" and not all(isinstance(v, dict) and len(v) == 1 for v in raw.values()):
        raise ValueError("each writer must be an object with exactly one kind, e.g. {rfc2136: {…}}")
    return raw


def _text(setting: Setting, raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError("must be a text")
    choices = {"validityProfile": ("br", "acm")}.get(setting.name)
    if choices and raw not in choices:
        raise ValueError(f'"{raw}" is not one of {", ".join(choices)}')
    if setting.name == "publicUrl":
        return _public_url(raw)
    if setting.name == "region" and not _REGION.match(raw):
        raise ValueError(f'"{raw}" is not a region: lower-case letters, digits and hyphens, at most 32')
    if setting.name == "account" and not _ACCOUNT.match(raw):
        raise ValueError(f'"{raw}" is not an account: letters, digits, hyphens and underscores, at most 64')
    if setting.name == "store" and not raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
    return raw


def _public_url(raw: str) -> str:
    """Plain http: who follows the address is about to judge a certificate, and must not need one for that (RFC 5280 4.2.1.13)."""
    if not raw:
        return ""
    if not _PUBLIC_URL.fullmatch(raw):
        raise ValueError(
            f'"{raw[:80]}" must be an address with plain http, a host name and perhaps a port and a path, without query, '
            "e.g. http://pki.example.com"
        )
    return raw.rstrip("/")
