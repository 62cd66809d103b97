"""Whether a validation record proves control of a name: what is there, where it was asked, and what to do.

The CNAME at the record name must be exactly the expected target, made for this name (no wildcard), and the TXT at the
target must hold this attempt's value. The look-ups go to the zones' own servers. Nothing here changes anything.
Source: CA/Browser Forum Baseline Requirements 3.2.2.4.7 (DNS change) and 3.2.2.9 (several perspectives).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import dns.rdtypes.txtbase

from certwright.domain.errors import LookupFailed
from certwright.engine.ports import CancelSignal, Entropy
from certwright.validation.answer import Answer, parse_name, shown
from certwright.validation.resolver import Resolver

VALIDATED = "dns.validated"
CNAME_FOUND = "dns.cname_found"
WRONG_TARGET = "dns.wrong_target"
CHAIN = "dns.chain"
WILDCARD = "dns.wildcard_answer"
WRONG_ZONE = "dns.wrong_zone"
NOT_A_CNAME = "dns.not_a_cname"
TXT_MISSING = "dns.txt_missing"
TXT_OTHER = "dns.txt_other_value"
GOOD = frozenset({VALIDATED, CNAME_FOUND})

MAX_NAME_LENGTH = 253
SHOWN_VALUES = 3
SHOWN_LENGTH = 80
ADVICE = {
    "servfail": "The zone's servers fail: check its delegation and DNSSEC, then wait for the next check.",
    "refused": "The server does not serve this zone: check the zone's NS records, or `authoritativeServers`.",
    "timeout": "Check that the server runs and that UDP and TCP to it are open from here.",
    "malformed": "Check that this address is a DNS server with authority for the zone.",
}
KIND_SHOWN = {"nxdomain": "NXDOMAIN", "nodata": "NODATA", "servfail": "SERVFAIL", "refused": "REFUSED"}


class ObservationStatus(StrEnum):
    """As in the store's record of a validation."""

    SUCCESS = "SUCCESS"
    PENDING_VALIDATION = "PENDING_VALIDATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one vantage point saw. code: permanent. sentence: what, where, what to do. seen: the record, short."""

    vantage: str
    code: str
    sentence: str
    seen: str
    asked_at: str

    @property
    def good(self) -> bool:
        return self.code in GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The result for one name.

    code, sentence, seen, asked_at: of the sighting that decided. disagreement: who saw what, or empty.
    """

    record_name: str
    status: ObservationStatus
    code: str
    sentence: str
    seen: str
    asked_at: str
    disagreement: str = ""
    sightings: tuple[Sighting, ...] = ()

    @property
    def good(self) -> bool:
        return self.status is ObservationStatus.SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    record_name: str
    record_value: str
    txt_value: str | None
    sibling: str


def observe_record(
    *,
    record_name: str,
    record_value: str,
    txt_value: str | None,
    vantage_points: Sequence[Resolver],
    entropy: Entropy,
    cancel: CancelSignal | None = None,
) -> Observation:
    """Look at one validation record from every vantage point, the first being the primary one.

    txt_value: this attempt's value; None looks at the CNAME only (is it still there?), which proves nothing.
    A name is validated when the primary vantage point sees the proof, and all others but `allowed_failures` of them.
    Raises Cancelled, and LookupFailed only for names or addresses that cannot be asked at all.
    """
    if not vantage_points:
        raise LookupFailed("no vantage point is configured: set `resolvers`", kind="refused")
    name = parse_name(record_name)
    expected = _Expected(
        record_name=shown(name),
        record_value=shown(parse_name(record_value)),
        txt_value=txt_value,
        sibling=f"_{entropy.token_bytes(16).hex()}.{shown(name.parent())}",
    )
    resolvers = [each.for_run(cancel=cancel) for each in vantage_points]
    if len(resolvers) == 1:
        return conclude(expected.record_name, (_sight(resolvers[0], expected),))
    with ThreadPoolExecutor(max_workers=len(resolvers), thread_name_prefix="certwright-vantage") as pool:
        return conclude(expected.record_name, tuple(pool.map(lambda each: _sight(each, expected), resolvers)))


def allowed_failures(vantage_points: int) -> int:
    """How many of the vantage points beside the primary may fail (BR 3.2.2.9): below 2 none, up to 5 one, else two."""
    if vantage_points < 2:
        return 0
    return 1 if vantage_points <= 5 else 2


def conclude(record_name: str, sightings: tuple[Sighting, ...]) -> Observation:
    """One result from what the vantage points saw."""
    primary, others = sightings[0], sightings[1:]
    failed = [each for each in others if not each.good]
    enough = primary.good and len(failed) <= allowed_failures(len(others))
    decisive = primary if enough or not primary.good else failed[0]
    return Observation(
        record_name=record_name,
        status=ObservationStatus.SUCCESS if enough else ObservationStatus.PENDING_VALIDATION,
        code=decisive.code,
        sentence=decisive.sentence,
        seen=decisive.seen,
        asked_at=decisive.asked_at,
        disagreement=_disagreement(sightings),
        sightings=sightings,
    )


def _disagreement(sightings: tuple[Sighting, ...]) -> str:
    if len({(each.code, each.seen) for each in sightings}) == 1:
        return ""
    return "; ".join(f"{each.vantage} saw {each.seen} at {each.asked_at or 'nobody'}" for each in sightings)


def _sight(resolver: Resolver, expected: _Expected) -> Sighting:
    """1. The alias, 2. that no wildcard made it, 3. the value behind it."""
    found = _look_at_alias(resolver, expected)
    if isinstance(found, Sighting):
        return found
    alias = _name_of(found)
    objection = _look_at_sibling(resolver, expected, alias)
    if objection is not None:
        return objection
    if expected.txt_value is None:
        return _sighting(resolver, CNAME_FOUND, f"{expected.record_name} is there.", f"CNAME {alias}", found.asked)
    return _look_at_value(resolver, expected, expected.txt_value)


def _look_at_alias(resolver: Resolver, expected: _Expected) -> Answer | Sighting:
    try:
        found = resolver.query_authoritative(expected.record_name, "CNAME")
    except LookupFailed as error:
        return _explain_missing(resolver, expected, error)
    alias = _name_of(found)
    if alias == expected.record_value and len(found.rdatas) == 1:
        return found
    return _explain_wrong_target(resolver, expected, alias, found.asked)


def _explain_wrong_target(resolver: Resolver, expected: _Expected, alias: str, asked: str) -> Sighting:
    twice = alias.startswith(expected.record_value + ".")
    if twice:
        why = f"points to {alias}: the zone was added to the value; end the value with a dot"
        return _wrong(resolver, expected, WRONG_ZONE, why, alias, asked)
    try:
        chain = [target for _, target in resolver.query_authoritative(alias, "TXT", follow=True).cname_chain]
    except LookupFailed:
        chain = []
    if expected.record_value in chain:
        why = f"points to {alias}, which leads on to the right target; a longer chain proves nothing"
        return _wrong(resolver, expected, CHAIN, why, alias, asked)
    return _wrong(resolver, expected, WRONG_TARGET, f"points to {alias}", alias, asked)


def _wrong(resolver: Resolver, expected: _Expected, code: str, why: str, alias: str, asked: str) -> Sighting:
    sentence = f"{expected.record_name} {why} (asked {asked}). Set it to: {_wanted(expected)}"
    return _sighting(resolver, code, sentence, f"CNAME {alias}", asked)


def _explain_missing(resolver: Resolver, expected: _Expected, error: LookupFailed) -> Sighting:
    """Why there is no CNAME: under another name, of another type, or not at all; or nobody could tell."""
    if error.kind in ("nxdomain", "nodata"):
        better = _under_doubled_zone(resolver, expected) or _of_other_type(resolver, expected, error)
        if better is not None:
            return better
        sentence = f"{error.message}. Create: {_wanted(expected)}"
    else:
        sentence = f"{error.message}. {ADVICE[error.kind]}"
    return _sighting(resolver, error.code, sentence, KIND_SHOWN.get(error.kind, error.kind), error.asked)


def _under_doubled_zone(resolver: Resolver, expected: _Expected) -> Sighting | None:
    """Many panels add the zone to the name by themselves; who pastes the full name gets it twice."""
    try:
        zone = resolver.find_zone(expected.record_name)
        doubled = f"{expected.record_name}.{zone}"
        if zone == "." or len(doubled) > MAX_NAME_LENGTH:
            return None
        found = resolver.query_authoritative(doubled, "CNAME")
        if found.records == _aliases(resolver, f"{expected.sibling}.{zone}"):
            return None
    except LookupFailed:
        return None
    short = expected.record_name.removesuffix(f".{zone}")
    sentence = (
        f"{expected.record_name} does not exist, but {doubled} does: the zone was typed twice (asked {found.asked})."
        f' Where the zone is {zone}, give the record the name "{short}".'
    )
    return _sighting(resolver, WRONG_ZONE, sentence, f"CNAME at {doubled}", found.asked)


def _of_other_type(resolver: Resolver, expected: _Expected, error: LookupFailed) -> Sighting | None:
    if error.kind != "nodata":
        return None
    for rdtype in ("TXT", "A", "AAAA"):
        try:
            found = resolver.query_authoritative(expected.record_name, rdtype)
        except LookupFailed:
            continue
        seen = f"{rdtype} {_cut(found.records)}"
        what = f"{expected.record_name} holds {seen}, not a CNAME (asked {found.asked})"
        sentence = f"{what}. Replace it by: {_wanted(expected)}"
        return _sighting(resolver, NOT_A_CNAME, sentence, seen, found.asked)
    return None


def _look_at_sibling(resolver: Resolver, expected: _Expected, alias: str) -> Sighting | None:
    """A wildcard answers for every name beside this one too, and so for names that its owner never meant."""
    try:
        found = resolver.query_authoritative(expected.sibling, "CNAME")
    except LookupFailed as error:
        if error.kind in ("nxdomain", "nodata"):
            return None
        sentence = f"whether a wildcard answers for {expected.record_name} could not be told: {error.message}."
        return _sighting(resolver, error.code, f"{sentence} {ADVICE[error.kind]}", f"CNAME {alias}", error.asked)
    if _name_of(found) != alias:
        return None
    parent = expected.record_name.partition(".")[2]
    sentence = (
        f"a wildcard answers for every name under {parent}, also for {expected.record_name} (asked {found.asked}); "
        f"that proves nothing. Remove it, and create: {_wanted(expected)}"
    )
    return _sighting(resolver, WILDCARD, sentence, f"CNAME {alias} from a wildcard", found.asked)


def _look_at_value(resolver: Resolver, expected: _Expected, txt_value: str) -> Sighting:
    target = expected.record_value
    try:
        found = resolver.query_authoritative(target, "TXT")
    except LookupFailed as error:
        code = TXT_MISSING if error.kind in ("nxdomain", "nodata") else error.code
        advice = ADVICE.get(error.kind, "certwright writes it; check `validationWriter` and the validation domain.")
        sentence = f"{expected.record_name} is right, but its value is not there yet: {error.message}. {advice}"
        return _sighting(resolver, code, sentence, f"CNAME {target}, {error.kind.upper()} for its TXT", error.asked)
    if txt_value.encode() in _texts(found):
        return _sighting(
            resolver,
            VALIDATED,
            f"{expected.record_name} proves control.",
            f"CNAME {target}, TXT as expected",
            found.asked,
        )
    sentence = (
        f"{expected.record_name} is right, but the TXT at {target} holds {_cut(found.records)}, "
        f"not this attempt's value (asked {found.asked}). An older one may still be served; the next check looks again."
    )
    return _sighting(resolver, TXT_OTHER, sentence, f"CNAME {target}, TXT {_cut(found.records)}", found.asked)


def _aliases(resolver: Resolver, name: str) -> tuple[str, ...]:
    """The CNAME at a name, empty when there is none. Raises LookupFailed when that could not be told."""
    try:
        return resolver.query_authoritative(name, "CNAME").records
    except LookupFailed as error:
        if error.kind in ("nxdomain", "nodata"):
            return ()
        raise


def _texts(answer: Answer) -> set[bytes]:
    return {b"".join(rdata.strings) for rdata in answer.rdatas if isinstance(rdata, dns.rdtypes.txtbase.TXTBase)}


def _name_of(answer: Answer) -> str:
    return answer.records[0].removesuffix(".").lower()


def _wanted(expected: _Expected) -> str:
    return f"{expected.record_name}. CNAME {expected.record_value}."


def _cut(records: tuple[str, ...]) -> str:
    """Some of what was seen, short: it may come from anybody."""
    some = ", ".join(
        each if len(each) <= SHOWN_LENGTH else each[:SHOWN_LENGTH] + "…" for each in records[:SHOWN_VALUES]
    )
    return some if len(records) <= SHOWN_VALUES else f"{some} and {len(records) - SHOWN_VALUES} more"


def _sighting(resolver: Resolver, code: str, sentence: str, seen: str, asked: str) -> Sighting:
    return Sighting(vantage=resolver.name, code=code, sentence=sentence, seen=seen, asked_at=asked)
