"""Everything that a workflow may use, by port. `wiring` builds it; tests build it with doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from certwright.config import Config
from certwright.domain.errors import CertwrightError, NotFound, Refused, StoreAbsent, StoreMismatch
from certwright.engine.deployer import Deployer
from certwright.engine.gathering import Gathering
from certwright.engine.issuing import Issuer, IssuerFacts, kind_of, objection
from certwright.engine.ports import (
    CaaChecker,
    Chosen,
    Clock,
    DnsWriter,
    Entropy,
    HandshakeProbe,
    KeyVault,
    NameProver,
    Reader,
    Store,
    Transaction,
    Validator,
)
from certwright.engine.publishing import Lists, nothing
from certwright.engine.records import MetaRecord
from certwright.engine.writers import place

CLOCK_TOLERANCE = timedelta(minutes=5)
_LAST_SIGNED = "last_signed_at"
_LAST_SIGNED_STEP = timedelta(minutes=1)


def _no_inline_writers(settings: Mapping[str, Any], name: str) -> DnsWriter:
    raise NotFound(f'no DNS writer can be made here from the program\'s settings ("{name}")', code="dns.writer_unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    config: Config
    store: Store
    vault: KeyVault
    clock: Clock
    entropy: Entropy
    deployers: Mapping[str, Deployer]
    probe: HandshakeProbe
    prover: Callable[[], NameProver]  # for one round
    validators: Mapping[str, Callable[[Services], Validator]]  # by `validationMethod`
    caa: CaaChecker
    issuers: Mapping[str, Callable[[Services], Issuer]]  # by the kind of their reference
    writers: Mapping[str, DnsWriter]
    host: str
    # From settings of a program's own (`{rfc2136: {…}}`) and a name for its sentences.
    make_writer: Callable[[Mapping[str, Any], str], DnsWriter] = _no_inline_writers
    published: Lists[Services] = nothing
    process: str  # host/boot-id/pid/start-time, as `claims.this_process` gives it
    creates: Gathering[Any, Any] = field(default_factory=Gathering, init=False, repr=False, compare=False)
    # ARN → `keys.IssuerKeys`: what this process saw last, still encrypted; each transaction compares it with the store.
    issuer_keys: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def writer(self, name: str) -> DnsWriter:
        """A configured writer by its name, or by the place that an inline one wrote to. Raises NotFound."""
        found = self.writers.get(name) or self._configured_at(name)
        if found is None:
            known = ", ".join(sorted(self.writers)) or "none is configured"
            raise NotFound(
                f'there is no DNS writer "{name}"; configured writers: {known}. Add it to certwright:dnsWriters',
                code="dns.writer_unknown",
            )
        return found

    def chosen(self, stated: Any) -> Chosen | None:
        """stated: `dnsWriter` as a program gives it: a name, an object, or nothing. Raises NotFound or WriterFailed."""
        if isinstance(stated, Mapping) and stated:
            name = place(stated)
            return Chosen(name=name, writer=self.make_writer(stated, name))
        if isinstance(stated, str) and stated:
            return Chosen(name=stated, writer=self.writer(stated))
        return None

    def knows_writer(self, name: str) -> bool:
        return name in self.writers or self._configured_at(name) is not None

    def validator(self, method: str) -> Validator:
        """For one round, or one question. Raises NotFound, and what a third party's does when it cannot be loaded."""
        make = self.validators.get(method)
        if make is None:
            known = " or ".join(self.validators)
            raise NotFound(
                f"{method[:80]} validation is not part of this installation of certwright; use {known}",
                code="validation.method_unavailable",
            )
        return make(self)

    def place_of(self, name: str) -> str:
        """Where the writer writes that the journal knows by this name: its place, which is an inline one's name."""
        settings = self.config.dns_writers.get(name)
        return place(settings) if isinstance(settings, Mapping) and settings else name

    def _configured_at(self, place_: str) -> DnsWriter | None:
        there = (name for name, settings in self.config.dns_writers.items() if place(settings) == place_)
        return next((self.writers[name] for name in there if name in self.writers), None)

    def issuer(self, reference: str) -> Issuer:
        """For one question, or one step. Raises Refused (issuer.invalid, issuer.unavailable)."""
        problem = objection(reference, self.issuers)
        if problem is not None:
            raise Refused([problem])
        return self.issuers[kind_of(reference)](self)

    def issuer_facts(self, reader: Reader, reference: str) -> IssuerFacts | None:
        """None for an issuer that is not there, or of a kind that this installation does not have (any more)."""
        kind = kind_of(reference)
        return self.issuers[kind](self).facts(reader, reference) if kind in self.issuers else None

    def caa_identities(self, reader: Reader, reference: str) -> tuple[str, ...]:
        """Whom a CAA record has to name; empty: this installation."""
        facts = self.issuer_facts(reader, reference) if reference else None
        return facts.caa_identities if facts is not None else ()

    def close(self) -> None:
        self.store.close()


def confirm_store(store: Store, expected: str) -> None:
    """Refuse another or an empty store (SEC-8). `expected` "" means that the resource says nothing.

    Raises StoreMismatch; StoreUnavailable passes through.
    """
    if not expected:
        return
    try:
        actual = store.store_id
    except StoreAbsent:
        raise StoreMismatch(
            f"this resource lives in store {expected}, but there is no store here. Point `certwright:store` (or "
            "CERTWRIGHT_STORE, CERTWRIGHT_HOME) at the right one; nothing was changed"
        ) from None
    if actual != expected:
        raise StoreMismatch(
            f"this resource lives in store {expected}, but the configured store is {actual}. Point `certwright:store` "
            "(or CERTWRIGHT_STORE, CERTWRIGHT_HOME) at the right one; nothing was changed"
        )


def guard_signing_clock(tx: Transaction, now: datetime) -> None:
    """No signing when time went back (SEC-9): compares with the newest signing of this store and remembers this one."""
    last = tx.one(MetaRecord, key=_LAST_SIGNED)
    if last is not None:
        seen = datetime.fromisoformat(last.value)
        if now < seen - CLOCK_TOLERANCE:
            raise CertwrightError(
                f"the clock says {now:%Y-%m-%dT%H:%M:%SZ}, but this store has signed at {seen:%Y-%m-%dT%H:%M:%SZ}: time "
                "went back. Correct this machine's clock",
                code="clock.went_back",
            )
        if now < seen + _LAST_SIGNED_STEP:
            return
    tx.save(MetaRecord(key=_LAST_SIGNED, value=now.isoformat()))
