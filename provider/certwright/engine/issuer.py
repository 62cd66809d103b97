"""A CA as a signer: what it signs with, whether it may issue now, and the limits it sets to what it issues. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509

from certwright.domain.certificate import bundle_pem, load_der, subject_key_id_of
from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm
from certwright.domain.renewbefore import parse_renew_before
from certwright.domain.validity import (
    BACKDATE,
    Validity,
    Window,
    beyond_issuer,
    capped,
    lifetime_window,
    validity_window,
    whole_seconds,
)
from certwright.engine.authorityrequest import algorithms_of, is_short_lived
from certwright.engine.issuing import Bounds, not_found, outside_life
from certwright.engine.ports import Reader
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    MaterialRecord,
)

MAX_LEVELS = 5
_DEFAULT_LIFETIME = {"ROOT": timedelta(days=3650), "SUBORDINATE": timedelta(days=1825)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A CA that signs: its record, serving version, certificate, and the chain from itself to its root."""

    record: AuthorityRecord
    version: AuthorityVersionRecord
    certificate: x509.Certificate
    chain_pem: str  # own certificate first, root last
    key_identifier: bytes
    path_length: int | None

    @property
    def signing_algorithm(self) -> SigningAlgorithm:
        return algorithms_of(self.version.spec).signing

    @property
    def key_algorithm(self) -> KeyAlgorithm:
        return algorithms_of(self.version.spec).key

    @property
    def bounds(self) -> Bounds:
        certificate = self.certificate
        return Bounds(
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            short_lived=is_short_lived(self.record.spec),
        )

    @property
    def levels(self) -> int:
        return self.chain_pem.count("-----BEGIN CERTIFICATE-----")


@lru_cache(maxsize=256)
def _parsed(der: bytes) -> tuple[x509.Certificate, bytes, int | None, str]:
    """A CA's certificate, its key identifier, path length and PEM. By its bytes, so that an entry never goes stale."""
    certificate = load_der(der)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    return certificate, subject_key_id_of(certificate), basic.path_length, bundle_pem([der])


def issuer_for(reader: Reader, arn: str, *, now: datetime, version_number: int | None = None) -> Signer:
    """The CA at `arn`, ready to issue. Raises Refused: not found, not ACTIVE, or outside its own life (SEC-9).

    version_number: an earlier version of the CA, to finish what was journaled under it; default: the serving one.
    """
    record = _record(reader, arn)
    problem = not_active(record)
    if problem:
        raise Refused([problem])
    signer = _signer(reader, record, record.serving_version if version_number is None else version_number)
    problem = outside_life(arn, signer.bounds, now)
    if problem:
        raise Refused([problem])
    return signer


def signer_of(reader: Reader, arn: str, *, version_number: int | None = None) -> Signer:
    """The CA at `arn`, whether it may issue or not: a disabled or expired one still signs revocation lists and answers.

    Raises Refused: not found, or never finished.
    """
    record = _record(reader, arn)
    if not record.serving_version:
        raise Refused([problem for problem in (not_active(record),) if problem])
    return _signer(reader, record, record.serving_version if version_number is None else version_number)


def _record(reader: Reader, arn: str) -> AuthorityRecord:
    record = reader.one(AuthorityRecord, arn=arn)
    if record is None:
        raise Refused([not_found(arn)])
    return record


def _signer(reader: Reader, record: AuthorityRecord, number: int) -> Signer:
    arn = record.arn
    version = reader.one(AuthorityVersionRecord, arn=arn, version=number)
    material = reader.one(MaterialRecord, arn=arn, version=number)
    if version is None or material is None or not material.der:
        raise CertwrightError(f"the certificate of authority {arn} is missing from the store", code="store.damaged")
    certificate, key_identifier, path_length, pem = _parsed(material.der)
    return Signer(
        record=record,
        version=version,
        certificate=certificate,
        chain_pem=pem + material.chain_pem,
        key_identifier=key_identifier,
        path_length=path_length,
    )


def not_active(record: AuthorityRecord, path: str = "") -> Finding | None:
    """Why this CA may not issue, or None."""
    if record.status is AuthorityStatus.ACTIVE and record.enabled:
        return None
    shown = AuthorityStatus.DISABLED if record.status is AuthorityStatus.ACTIVE else record.status
    todo = {
        AuthorityStatus.DISABLED: "set enabled to true on it",
        AuthorityStatus.DELETED: "restore it, or name another authority",
        AuthorityStatus.CREATING: "run `pulumi up` again so that its creation is finished",
    }.get(shown, "name another authority")
    return Finding(
        code="issuer.not_active",
        path=path,
        message=f"authority {record.arn} is {shown.value} and signs nothing; {todo}",
    )


def path_length_problem(issuer: Signer, wanted: int | None) -> Finding | None:
    """A subordinate's path length must be smaller than its issuer's (RFC 5280 4.2.1.9)."""
    limit = issuer.path_length
    if issuer.levels >= MAX_LEVELS:
        return Finding(
            code="authority.too_deep",
            path="parentArn",
            message=f"the hierarchy would have {issuer.levels + 1} levels; {MAX_LEVELS} are allowed",
        )
    if limit == 0:
        return Finding(
            code="authority.path_length",
            path="parentArn",
            message=f"authority {issuer.record.arn} has path length 0: it may sign certificates, but no authority below it",
        )
    if limit is not None and wanted is not None and wanted >= limit:
        return Finding(
            code="authority.path_length",
            path="pathLength",
            message=f"{wanted} is not smaller than the parent's path length {limit}; give at most {limit - 1}",
        )
    return None


def effective_path_length(issuer: Signer | None, wanted: int | None) -> int | None:
    """What the certificate says: the stated one; below a limited parent, one less than the parent's."""
    if wanted is not None or issuer is None or issuer.path_length is None:
        return wanted
    return issuer.path_length - 1


def ca_window(kind: str, stated: Validity | None, issuer: Signer | None, now: datetime) -> Window:
    """Stated validity beyond the parent's end is refused, a default one is cut there. kind: ROOT or SUBORDINATE."""
    floor = issuer.certificate.not_valid_before_utc if issuer else None
    end = issuer.certificate.not_valid_after_utc if issuer else None
    if stated is not None:
        window = validity_window(stated, now, issuer_not_before=floor)
        if end is not None:
            problems = beyond_issuer(window, end)
            if problems:
                raise Refused(problems)
        return window
    window = lifetime_window(_DEFAULT_LIFETIME[kind], now, issuer_not_before=floor)
    return capped(window, end) if end is not None else window


def window_opens(early_renewal: str | None, window: Window) -> datetime:
    """When the renewal window opens. A window that was cut at the issuer's end is due after a tenth at the soonest: what
    is due at once would be a diff for ever (REN-1)."""
    before = parse_renew_before(early_renewal).renew_before(window.not_before, window.not_after)
    opens = window.not_after - min(before, window.lifetime * 9 / 10)
    # Up to a tenth of a short life is over when it begins (it is backdated), so a tenth alone may be the present.
    soonest = min(BACKDATE, window.lifetime / 10) + window.lifetime / 20
    return max(opens, window.not_before + whole_seconds(soonest))
