"""A certificate of the store as people read it: facts, versions, associations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from certwright.cli.screen import Screen, safe
from certwright.cli.wording import NOT_TRUSTED, in_words, issuer_name, moment, program_name

if TYPE_CHECKING:
    from rich.text import Text

    from certwright.engine.ports import Reader
    from certwright.engine.records import AssociationRecord
    from certwright.functions.catalogue import Entry


def certificate_fields(screen: Screen, entry: Entry, now: datetime) -> list[tuple[str, str | Text]]:
    """What the store knows of it, in the order in which one asks."""
    record, serving, view = entry.record, entry.serving, entry.outlook(now)
    pairs: list[tuple[str, str | Text]] = [
        ("Certificate", safe(entry.name)),
        ("ARN", record.arn),
        ("Status", screen.word(entry.status(now))),
        ("Type", record.mode.value),
        ("Names", safe(", ".join(entry.names))),
        ("Declared as", safe(record.urn)),
    ]
    if serving is not None and serving.not_after is not None:
        imported = record.mode.value == "IMPORTED"
        pairs += [
            ("Version", str(serving.version)),
            ("Issuer", safe(issuer_name(entry)) + ("" if imported else f" ({NOT_TRUSTED})")),
            (
                "Valid",
                f"{moment(serving.not_before)} to {moment(serving.not_after)}, {in_words(serving.not_after - now)}",
            ),
            ("Serial", serving.serial),
            ("SHA-256", serving.fingerprint),
        ]
    if view is not None:
        pairs.append(("Renewal", f"{view.renewal.value}: {safe(view.reason)}"))
    newest = entry.newest
    if newest is not None and newest.version != record.serving_version:
        why = f": {newest.failure_message}" if newest.failure_message else ""
        pairs.append(("On its way", f"version {newest.version}, {newest.status.value}{safe(why)}"))
    pairs.append(("Tags", safe(", ".join(f"{k}={v}" for k, v in sorted(record.tags.items())))))
    return pairs


def versions_table(screen: Screen, reader: Reader, entry: Entry, now: datetime) -> None:
    from certwright.engine.records import VersionRecord
    from certwright.resources.certificate_outputs import shown_status

    rows = []
    for version in sorted(reader.all(VersionRecord, arn=entry.record.arn), key=lambda v: -v.version):
        serving = version.version == entry.record.serving_version
        rows.append(
            [
                f"{version.version}{' *' if serving else ''}",
                screen.word(shown_status(version, now)),
                moment(version.not_before),
                moment(version.not_after),
                version.serial[:16] + (screen.glyphs.wait if len(version.serial) > 16 else ""),
                safe(version.reason_code),
            ]
        )
    screen.note("")
    screen.note(screen.heading("Versions (* serves)"))
    screen.table(["V", "Status", "From", "Until", "Serial", "Reason"], rows)


def associations_table(screen: Screen, entry: Entry) -> None:
    if not entry.associations:
        return
    rows = []
    for a in entry.associations:
        behind = a.deployed_version != entry.record.serving_version
        rows.append(
            [
                safe(program_name(a.urn)),
                screen.word(a.status.value),
                f"{a.deployed_version or '-'}{' (behind)' if behind else ''}",
                safe(f"{a.target_kind} {a.place}"),
                safe(a.host),
            ]
        )
    screen.note("")
    screen.note(screen.heading("Associations"))
    screen.table(["Name", "Status", "V", "Target", "Host"], rows, cut=("Target",))


def association_tree(record: AssociationRecord) -> dict[str, Any]:
    from certwright.resources.handling import instant

    return {
        "arn": record.arn,
        "name": program_name(record.urn),
        "certificateArn": record.certificate_arn,
        "status": record.status.value,
        "target": record.target_kind,
        "place": record.place,
        "deployedVersion": record.deployed_version,
        "deployedSerialNumber": record.deployed_serial or None,
        "deployedAt": instant(record.deployed_at),
        "host": record.host,
        "failureMessage": record.failure_message or None,
        "endpoints": list(record.endpoints),
    }
