"""The one file that names concrete adapters: settings in, services out."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from certwright.config import Config
from certwright.deploy import deployer, kinds
from certwright.domain.errors import CertwrightError
from certwright.engine.claims import this_process
from certwright.engine.ports import CaaVerdict, CancelSignal, DnsWriter, Entropy, NameProver, Served
from certwright.engine.publishing import PublishedList
from certwright.engine.records import MetaRecord
from certwright.engine.services import Services
from certwright.issuers import Issuers
from certwright.store.actor import Actor
from certwright.store.keyvault import EnvelopeVault
from certwright.store.sql import SqlStore, creation_allowed, is_local_file
from certwright.store.wrappers.port import WrapperContext
from certwright.store.wrappers.registry import open_wrapper
from certwright.system import SystemClock, SystemEntropy
from certwright.validation.registry import Validators, words

if TYPE_CHECKING:
    # What looks at DNS or at a server, and what signs the audit log, is imported at its first use: most runs need neither.
    from certwright.store.audit import AuditSigner
    from certwright.validation.resolver import Resolver

T = TypeVar("T")

_OFFSET = re.compile(r"^(?P<sign>[+-]?)(?P<number>[0-9]{1,6})(?P<unit>[dhms])$")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def build(config: Config, *, environment: Mapping[str, str] | None = None) -> Services:
    """Everything by port. Opens nothing: the store is looked at when it is first asked.

    Raises CertwrightError for a clock override outside a store made for testing (SEC-9), an unknown key wrapper, and a
    wrapping key that has no name although the store is shared.
    """
    environment = os.environ if environment is None else environment
    entropy = SystemEntropy()
    clock = SystemClock(offset=_offset(config.clock_offset))
    local = is_local_file(config.store_url)
    if not local and not config.key_wrapper:
        raise CertwrightError(
            "a PostgreSQL store is shared, so its wrapping key must be named: set certwright:keyWrapper (or "
            "CERTWRIGHT_KEY_WRAPPER), e.g. file:/etc/certwright/wrapping.key or passphrase://",
            code="config.key_wrapper",
        )
    store = SqlStore(
        config.store_url,
        may_create=lambda: config.allow_new_store or creation_allowed(config.store_url, environment),
        testing=config.testing_store,
        clock=clock,
        actor=Actor.from_environment(environment),
    )
    if clock.offset and not store.is_testing():
        raise CertwrightError(
            f"CERTWRIGHT_CLOCK_OFFSET={config.clock_offset} is set, but the store was not made for testing; unset it. "
            "Only `certwright init --testing` (or CERTWRIGHT_TESTING_STORE=1 at the first create) makes a store whose "
            "clock can be moved",
            code="clock.override_refused",
        )
    wrapper = open_wrapper(
        config.key_wrapper,
        WrapperContext(
            config_directory=config.directories.config,
            store_directory=_directory(config) if local else None,
            environment=environment,
            entropy=entropy,
        ),
    )
    return Services(
        config=config,
        store=store,
        vault=EnvelopeVault(wrapper, entropy=entropy),
        clock=clock,
        entropy=entropy,
        deployers=_Lazy(kinds(), deployer),
        probe=_probe,
        prover=lambda: _prover(config, entropy),
        validators=Validators(),
        caa=_Caa(config),
        issuers=Issuers(),
        writers=_Lazy(tuple(config.dns_writers), lambda name: _writer(config, name)),
        make_writer=_inline_writer,
        published=_published,
        host=socket.gethostname(),
        process=this_process(),
    )


def audit_signer(config: Config, *, make: bool) -> AuditSigner:
    """The key that signs audit heads, apart from the store. `make`: at init, and after a run that wrote."""
    from certwright.store.audit import AuditSigner

    directory = config.directories.config
    return AuditSigner.load_or_make(directory) if make else AuditSigner.load(directory)


def sign_audit_head(services: Services) -> str:
    """Sign the head of the audit log, keep it beside the signing key, and give the line that a run ends with (AUD-1).

    The kept anchor (`audit-anchor.txt`) is what `certwright audit verify` compares with: a log that was cut short ends
    before it.
    """
    from certwright.store.audit import AuditSigner, keep_anchor, sign_head

    directory = services.config.directories.config
    signer = AuditSigner.load_or_make(directory)
    now = services.clock.now()
    # Waits for the disk, and so for every line before it: what is signed must not be lost with the machine's power.
    with services.store.write() as tx:
        tx.save(MetaRecord(key="audit_signed_at", value=now.isoformat()))
    with services.store.read() as reader:
        anchor = sign_head(reader, signer, at=now)
    keep_anchor(directory, anchor)
    heads = ", ".join(f"{head.region} line {head.seq} {head.hash[:12]}" for head in anchor.heads)
    return f"audit log signed: {heads}"


def _directory(config: Config) -> Path:
    return Path(config.store_url.removeprefix("sqlite:///")).absolute().parent


def _offset(text: str) -> timedelta:
    if not text:
        return timedelta(0)
    match = _OFFSET.match(text.strip())
    if match is None:
        raise CertwrightError(
            f'CERTWRIGHT_CLOCK_OFFSET="{text[:40]}" is not an offset; write e.g. -25d, +36h, 90m', code="config.invalid"
        )
    span = timedelta(**{_UNITS[match["unit"]]: int(match["number"])})
    return -span if match["sign"] == "-" else span


class _Lazy(Mapping[str, T]):
    """A mapping whose values are made when they are asked for, and kept."""

    def __init__(self, names: tuple[str, ...], make: Callable[[str], T]) -> None:
        self._names, self._make = names, make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _writer(config: Config, name: str) -> DnsWriter:
    from certwright.validation.writers import make_writer

    return make_writer(config.dns_writers[name], name=name)


def _published() -> Sequence[PublishedList[Services]]:
    """Looked for where something is published only."""
    from certwright.engine.published import all_lists

    return all_lists()


def _inline_writer(settings: Mapping[str, Any], name: str) -> DnsWriter:
    from certwright.validation.writers import make_writer

    return make_writer(settings, name=name)


def vantage_points(config: Config) -> tuple[Resolver, ...]:
    """Where DNS is looked at from; the first one is the primary."""
    from certwright.validation.vantage import make_vantage_points

    return make_vantage_points(
        resolvers=config.resolvers,
        vantage_points=config.vantage_points,
        authoritative_servers=config.authoritative_servers,
    )


def _probe(address: str, *, server_name: str, timeout_s: float) -> Served:
    from certwright.deploy.handshake import probe

    return probe(address, server_name=server_name, timeout_s=timeout_s)


def _prover(config: Config, entropy: Entropy) -> NameProver:
    from certwright.validation.prover import VantageProver

    return VantageProver(vantage_points(config), entropy=entropy)


class _Caa:
    def __init__(self, config: Config) -> None:
        self._config = config

    def check(
        self, names: Sequence[str], *, identities: Sequence[str] = (), cancel: CancelSignal | None = None
    ) -> list[CaaVerdict]:
        from certwright.validation.prover import caa_verdicts

        primary, ours = vantage_points(self._config)[0], self._config.caa_identities
        return caa_verdicts(names, primary, issuer_domains=tuple(identities) or ours, cancel=cancel)


def validation_methods() -> tuple[str, ...]:
    """The values of `validationMethod` that the schema names."""
    return words()
