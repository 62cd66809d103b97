"""What proves control of a DNS name: one CNAME for each name that stays, and a fresh TXT value for each attempt.

The CNAME's tokens depend on the account and the name only, so they are known before any store exists and serve every
certificate, region and renewal. They hold no secret: the proof is that the owner pointed the record at us, and the TXT
behind it is random each time. Their derivation is fixed for ever, for a change would void every user's records.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from certwright.domain.dnsname import MAX_NAME_LENGTH, NAMES_INVALID, DnsName, parse_dns_name, quoted
from certwright.domain.errors import Finding, Refused

TXT_LIFETIME = timedelta(days=30)
TOKEN_BYTES = 16  # 128 bits, as in the Baseline Requirements' random value
RECORD_TYPE = "CNAME"
_PREFIX_LENGTH = len("_") + 2 * TOKEN_BYTES + len(".")
MAX_VALIDATED_NAME_LENGTH = MAX_NAME_LENGTH - _PREFIX_LENGTH

_RECORD_NAME_PURPOSE = b"certwright/dns-validation/1/record-name"
_RECORD_VALUE_PURPOSE = b"certwright/dns-validation/1/record-value"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRecord:
    """The record that the owner of a name creates once.

    domain_name: the name proved, without a wildcard label. record_name, record_value: without a trailing dot.
    """

    domain_name: str
    record_name: str
    record_type: str = RECORD_TYPE
    record_value: str


def validation_record(account: str, name: DnsName, validation_domain: str) -> ValidationRecord:
    """The record for one name; ``*.example.com`` and ``example.com`` have the same.

    validation_domain: where the TXT values live, text in any spelling of a host name.
    Raises Refused (``names.invalid``) when a record would be longer than DNS allows, or for a bad validation_domain.
    """
    base = name.without_wildcard().text
    zone, findings = parse_dns_name(validation_domain, allow_wildcard=False, path="validationDomain")
    findings = [*findings, *validation_length_findings(name)]
    if zone is None or findings:
        raise Refused(findings)
    value = f"_{_token(_RECORD_VALUE_PURPOSE, account, base)}.{zone.text}"
    if len(value) > MAX_NAME_LENGTH:
        raise Refused([_too_long(zone, "validationDomain")])
    return ValidationRecord(
        domain_name=base, record_name=f"_{_token(_RECORD_NAME_PURPOSE, account, base)}.{base}", record_value=value
    )


def validation_records(account: str, names: Iterable[DnsName], validation_domain: str) -> tuple[ValidationRecord, ...]:
    """One record for each distinct base name: the first name's record first, the others by name.

    names: `domainName` first. The order of the alternative names does not change the answer, so a program may index it.
    Raises as `validation_record`.
    """
    bases = list(dict.fromkeys(name.without_wildcard() for name in names))
    ordered = [*bases[:1], *sorted(bases[1:], key=lambda base: base.text)]
    return tuple(validation_record(account, base, validation_domain) for base in ordered)


def validation_length_findings(name: DnsName, *, path: str = "") -> list[Finding]:
    """The objection to a name whose record name would not fit into DNS; empty when it fits."""
    base = name.without_wildcard()
    return [_too_long(base, path)] if len(base.text) > MAX_VALIDATED_NAME_LENGTH else []


def txt_value(random: bytes) -> str:
    """The TXT value of one attempt; random: 16 fresh random bytes. It dies after TXT_LIFETIME."""
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a TXT value is made of {TOKEN_BYTES} random bytes")
    return random.hex()


def _too_long(name: DnsName, path: str) -> Finding:
    message = (
        f"{quoted(name.text)}: {len(name.text)} characters leave no room for the validation record's label; "
        f"with DNS validation a name has at most {MAX_VALIDATED_NAME_LENGTH}"
    )
    return Finding(code=NAMES_INVALID, message=message, path=path)


def _token(purpose: bytes, account: str, base: str) -> str:
    """128 bits of HMAC-SHA256, keyed by the purpose; the length prefix keeps account and name apart."""
    account_bytes = account.encode()
    message = len(account_bytes).to_bytes(4, "big") + account_bytes + base.encode("ascii")
    return hmac.new(purpose, message, hashlib.sha256).digest()[:TOKEN_BYTES].hex()
