"""`certwright status`: the installation at a glance, or one certificate, authority or association in full."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from certwright.engine.ports import Reader
    from certwright.engine.services import Services
    from certwright.functions.catalogue import Entry

LOOK_AHEAD = timedelta(days=30)


@command(
    examples=(
        "certwright status",
        "certwright status wiki.internal",
        "certwright status arn:certwright:acm:local:000000000000:certificate/UUID --json",
    )
)
def status(
    screen: Screen,
    what: Annotated[
        str, typer.Argument(help="Name or ARN of a certificate, or ARN of an authority or association.")
    ] = "",
) -> Exit:
    """Show how things stand: everything in short, or one thing in full."""
    from certwright.cli.installation import absent_note, opened
    from certwright.functions.answering import reading

    with opened(screen) as services, reading(services) as reader:
        if what:
            _one(screen, services, reader, what)
        elif reader is None:
            if screen.as_json:
                screen.document("status", {"store": None})
            else:
                absent_note(screen)
        else:
            _all(screen, services, reader)
    return Exit.OK


def _all(screen: Screen, services: Services, reader: Reader) -> None:
    from certwright.engine.records import AssociationRecord, AuthorityRecord, AuthorityVersionRecord
    from certwright.functions.catalogue import Filter, scan
    from certwright.functions.get_certificate_authority import shown_authority_status

    now = services.clock.now()
    entries = list(scan(services, reader, Filter(), now=now))
    versions = {(v.arn, v.version): v for v in reader.all(AuthorityVersionRecord)}
    cas = Counter(
        shown_authority_status(a, versions.get((a.arn, a.serving_version)), services).value
        for a in reader.all(AuthorityRecord)
    )
    associations = reader.all(AssociationRecord)
    serving = {e.record.arn: e.record.serving_version for e in entries}
    data = {
        "storeId": services.store.store_id,
        "testing": services.store.is_testing(),
        "layout": services.store.layout,  # type: ignore[attr-defined]
        "certificates": dict(Counter(e.status(now) for e in entries)),
        "authorities": dict(cas),
        "associations": dict(Counter(a.status.value for a in associations)),
        "behind": [a.arn for a in associations if a.deployed_version != serving.get(a.certificate_arn, 0)],
        "due": [e.record.arn for e in entries if _is_due(e, now)],
        "expiringWithin30Days": [e.record.arn for e in entries if _ends(e, now)],
    }
    if screen.as_json:
        screen.document("status", {"store": data})
        return
    _overview(screen, data, entries, now)


def _is_due(entry: Entry, now: datetime) -> bool:
    serving = entry.serving
    return serving is not None and serving.renewal_due is not None and now >= serving.renewal_due


def _ends(entry: Entry, now: datetime) -> bool:
    serving = entry.serving
    return serving is not None and serving.not_after is not None and serving.not_after <= now + LOOK_AHEAD


def _overview(screen: Screen, data: dict[str, Any], entries: list[Entry], now: datetime) -> None:
    from certwright.cli.wording import moment, plural
    from certwright.store.migrations import LAYOUT

    upcoming = sorted(
        (e.serving.renewal_due, e.name) for e in entries if e.serving and e.serving.renewal_due and not _is_due(e, now)
    )
    pairs = [
        ("Store", f"{data['storeId']}{' (made for testing)' if data['testing'] else ''}"),
        ("Certificates", _counted(data["certificates"])),
        ("Authorities", _counted(data["authorities"])),
        ("Associations", _counted(data["associations"])),
        ("Renewals", f"{len(data['due'])} due now"),
        ("Expiring", f"{plural(len(data['expiringWithin30Days']), 'certificate')} within 30 days"),
    ]
    if upcoming:
        pairs.append(("Next renewal", f"{safe(upcoming[0][1])}, from {moment(upcoming[0][0])}"))
    screen.fields(pairs)
    steps = []
    if data["layout"] < LAYOUT:
        steps.append(
            f"certwright store upgrade   # from layout {data['layout']} to {LAYOUT}; else the next write does it"
        )
    if data["due"]:
        steps.append("certwright renew --all-due   # or `pulumi up`, which shows it first")
    if data["behind"]:
        steps.append(f"{plural(len(data['behind']), 'association')} behind its certificate: `pulumi up` deploys it")
    if data["expiringWithin30Days"]:
        steps.append("certwright expiring")
    if steps:
        screen.steps("TO DO", steps)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "none"


def _one(screen: Screen, services: Services, reader: Reader | None, what: str) -> None:
    from certwright.cli import lookup
    from certwright.domain.arn import ArnKind, parse_arn

    kind = parse_arn(what).kind if lookup.is_arn(what) else ArnKind.CERTIFICATE
    if kind is ArnKind.CERTIFICATE_AUTHORITY:
        _authority(screen, services, reader, what)
    elif kind is ArnKind.ASSOCIATION:
        _association(screen, reader, what)
    else:
        entry = lookup.certificate(services, reader, what, now=services.clock.now())
        assert reader is not None
        _certificate(screen, services, reader, entry)


def _certificate(screen: Screen, services: Services, reader: Reader, entry: Entry) -> None:
    from certwright.cli.certificate_view import associations_table, certificate_fields, versions_table
    from certwright.functions.catalogue import summary_of
    from certwright.resources.certificate_outputs import outputs_of

    now = services.clock.now()
    if screen.as_json:
        tree = {**outputs_of(services, reader, entry.record.arn), **summary_of(entry, now=now)}
        screen.document("certificate", {"certificate": tree})
        return
    screen.fields(certificate_fields(screen, entry, now))
    versions_table(screen, reader, entry, now)
    associations_table(screen, entry)
    if entry.newest is not None and entry.newest.status.value not in ("ISSUED", "REVOKED"):
        screen.steps("NEXT STEPS", [f"certwright why {entry.name}"])


def _authority(screen: Screen, services: Services, reader: Reader | None, arn: str) -> None:
    from certwright.cli import lookup
    from certwright.cli.wording import NOT_TRUSTED, authority_name
    from certwright.functions.get_certificate_authority import authority_tree

    record = lookup.authority(reader, arn)
    assert reader is not None
    tree = authority_tree(services, reader, record)
    if screen.as_json:
        screen.document("authority", {"authority": tree})
        return
    length = tree.get("pathLength")
    screen.fields(
        [
            ("Authority", safe(authority_name(record))),
            ("ARN", record.arn),
            ("Status", screen.word(tree["status"])),
            ("Type", f"{tree['type']}, {NOT_TRUSTED}"),
            ("Subject", safe(tree.get("subject", ""))),
            ("Key", tree.get("keyAlgorithm", "")),
            ("Path length", "no limit" if length is None else str(length)),
            ("Valid", f"{tree.get('notBefore', '-')} to {tree.get('notAfter', '-')}"),
            ("Renewal due", tree.get("renewalDue", "")),
            ("Issued", str(tree["issuedCount"])),
            ("Parent", tree.get("parentArn", "")),
            ("Restorable", tree.get("restorableUntil", "")),
        ]
    )


def _association(screen: Screen, reader: Reader | None, arn: str) -> None:
    from certwright.cli import lookup
    from certwright.cli.certificate_view import association_tree
    from certwright.cli.wording import moment, program_name

    record = lookup.association(reader, arn)
    if screen.as_json:
        screen.document("association", {"association": association_tree(record)})
        return
    screen.fields(
        [
            ("Association", safe(program_name(record.urn))),
            ("ARN", record.arn),
            ("Status", screen.word(record.status.value)),
            ("Target", safe(f"{record.target_kind} {record.place}")),
            ("Certificate", record.certificate_arn),
            (
                "Deployed",
                f"version {record.deployed_version}, {moment(record.deployed_at)}" if record.deployed_at else "never",
            ),
            ("Host", record.host),
            ("Problem", safe(record.failure_message)),
            *(
                (f"Endpoint {e.get('address')}", safe(e.get("servedSerialNumber") or e.get("problem")))
                for e in record.endpoints
            ),
        ]
    )
