"""What the store holds: authorities, certificates, deployments, DNS records."""

from __future__ import annotations

from collections.abc import Iterator

from certwright.cli.health.finding import Finding, Severity, Situation


def authorities(situation: Situation) -> Iterator[Finding]:
    services = situation.with_store
    if services is None:
        return
    from certwright.cli.wording import authority_name, in_words
    from certwright.engine.records import AuthorityRecord, AuthorityVersionRecord

    now = services.clock.now()
    with services.store.read() as reader:
        records = [a for a in reader.all(AuthorityRecord) if a.status.value != "DELETED"]
        versions = {(v.arn, v.version): v for v in reader.all(AuthorityVersionRecord)}
    calm = 0
    for record in records:
        version = versions.get((record.arn, record.serving_version))
        name = authority_name(record)
        if version is None or version.not_after is None:
            yield Finding(
                name="authorities",
                severity=Severity.WARN,
                seen=f"{name} is {record.status.value}",
                todo="run `pulumi up` again: it finishes the creation",
            )
        elif now > version.not_after:
            yield Finding(
                name="authorities",
                severity=Severity.CRITICAL,
                seen=f"{name} {in_words(version.not_after - now)}: it signs nothing",
                todo="renew it with `pulumi up`",
            )
        elif version.renewal_due is not None and now >= version.renewal_due:
            yield Finding(
                name="authorities",
                severity=Severity.WARN,
                seen=f"{name} has {in_words(version.not_after - now)}",
                todo="renew it with `pulumi up`; what it signed is re-issued by the same diff",
            )
        else:
            calm += 1
    if calm == len(records):
        yield Finding(name="authorities", severity=Severity.OK, seen=f"{calm} in good time" if calm else "none yet")


def certificates(situation: Situation) -> Iterator[Finding]:
    services = situation.with_store
    if services is None:
        return
    from certwright.cli.wording import plural
    from certwright.functions.catalogue import Filter, scan

    now = services.clock.now()
    with services.store.read() as reader:
        entries = list(scan(services, reader, Filter(), now=now))
    ended = [e for e in entries if e.status(now) == "EXPIRED"]
    due = [
        e for e in entries if e.serving and e.serving.renewal_due and now >= e.serving.renewal_due and e not in ended
    ]
    if ended:
        used = any(e.associations for e in ended)
        shown = ", ".join(e.name for e in ended[:5])
        yield Finding(
            name="certificates",
            severity=Severity.CRITICAL if used else Severity.WARN,
            seen=f"{plural(len(ended), 'certificate')} expired{', still served' if used else ''}: {shown}",
            todo="`certwright expiring`, then `pulumi up`",
        )
    if due:
        yield Finding(
            name="certificates",
            severity=Severity.INFO,
            seen=f"{plural(len(due), 'renewal')} due",
            todo="`pulumi up`, or `certwright renew --all-due`",
        )
    if not ended and not due:
        yield Finding(
            name="certificates", severity=Severity.OK, seen=f"{plural(len(entries), 'certificate')}, none due"
        )


def deployments(situation: Situation) -> Iterator[Finding]:
    services = situation.with_store
    if services is None:
        return
    from certwright.cli.wording import plural, program_name
    from certwright.engine.records import AssociationRecord

    with services.store.read() as reader:
        records = reader.all(AssociationRecord)
    bad = [a for a in records if a.status.value in ("FAILED", "DRIFTED", "PENDING")]
    for a in bad[:10]:
        yield Finding(
            name="deployments",
            severity=Severity.WARN,
            seen=f"{program_name(a.urn)} is {a.status.value}: {a.failure_message or a.place}",
            todo=f"certwright status {a.arn}",
        )
    if not bad:
        yield Finding(
            name="deployments",
            severity=Severity.OK,
            seen=plural(len(records), "association") if records else "none yet",
        )


def dns_records(situation: Situation) -> Iterator[Finding]:
    """Records that no certificate needs any more and that a writer out of reach has left in DNS."""
    services = situation.with_store
    if services is None:
        return
    from certwright.cli.wording import plural
    from certwright.engine.dnsrecords import waiting

    with services.store.read() as reader:
        rows = waiting(reader)
    for writer in sorted({row.writer for row in rows}):
        names = [f"{row.name} {row.type}" for row in rows if row.writer == writer]
        known = services.knows_writer(writer)
        yield Finding(
            name="dns records",
            severity=Severity.WARN,
            seen=f"{plural(len(names), 'record')} of the DNS writer {writer} to be removed: {', '.join(names[:5])}",
            todo="`certwright renew --all-due` removes what the writer can reach"
            if known
            else f"configure the writer {writer} here (CERTWRIGHT_DNS_WRITERS), then `certwright renew --all-due`",
        )
    if not rows:
        yield Finding(name="dns records", severity=Severity.OK, seen="none left behind")
