"""`certwright inspect`: what a certificate says, wherever it is: in the store, in a file, or served by a host."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from cryptography import x509

    from certwright.engine.ports import Reader
    from certwright.engine.services import Services
    from certwright.functions.catalogue import Entry


# Names of RFC 5280 4.2.1.3 → cryptography's; the two that need key agreement are left out.
KEY_USAGES: tuple[tuple[str, str], ...] = (
    ("digitalSignature", "digital_signature"),
    ("nonRepudiation", "content_commitment"),
    ("keyEncipherment", "key_encipherment"),
    ("dataEncipherment", "data_encipherment"),
    ("keyAgreement", "key_agreement"),
    ("keyCertSign", "key_cert_sign"),
    ("cRLSign", "crl_sign"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was looked at. `pool`: further certificates that came with it. `trust`: a sentence, and whether it is good."""

    source: str
    certificate: x509.Certificate
    pool: tuple[x509.Certificate, ...] = ()
    trust: str = ""
    entry: Entry | None = None
    notes: tuple[str, ...] = field(default=())


@command(
    examples=(
        "certwright inspect wiki.internal",
        "certwright inspect ./tls/current/fullchain.pem",
        "certwright inspect 127.0.0.1:8443 --server-name wiki.internal",
        "certwright inspect arn:certwright:acm-pca:local:000000000000:certificate-authority/UUID --json",
    )
)
def inspect_(
    screen: Screen,
    what: Annotated[str, typer.Argument(help="Name, ARN, file (PEM or DER, - for stdin) or host:port.")],
    server_name: Annotated[str, typer.Option(help="With host:port: the name to ask for (SNI).")] = "",
    timeout: Annotated[float, typer.Option(min=0.1, max=300, help="With host:port: seconds.")] = 5.0,
    pem: Annotated[
        bool, typer.Option("--pem", help="Print the certificate and its chain as PEM, nothing else.")
    ] = False,
) -> Exit:
    """Show what a certificate says: names, dates, keys, chain, and who trusts it.

    A name or ARN is looked for in the store, where its versions and associations are shown as well.
    """
    from certwright.cli.installation import opened
    from certwright.functions.answering import reading

    with opened(screen) as services, reading(services) as reader:
        now = services.clock.now()
        found = _find(services, reader, what, server_name=server_name, timeout_s=timeout)
        ours = _known_authority(reader, found)
        if pem:
            _print_pem(found)
            return Exit.OK
        document = _document(found, ours, now)
        if screen.as_json:
            screen.document("inspection", document)
            return Exit.OK
        _tell(screen, found, document, now)
        if found.entry is not None and reader is not None:
            from certwright.cli.certificate_view import associations_table, versions_table

            versions_table(screen, reader, found.entry, now)
            associations_table(screen, found.entry)
    return Exit.OK


def _find(services: Services, reader: Reader | None, what: str, *, server_name: str, timeout_s: float) -> Found:
    """ARN, then file, then name, then host:port: a name with a colon is none."""
    from certwright.cli import lookup
    from certwright.cli.served import is_address

    if lookup.is_arn(what):
        return _stored(services, reader, what)
    if what == "-" or Path(what).is_file():
        return _in_file(what)
    if is_address(what):
        return _served(what, server_name, timeout_s)
    if "/" in what or what.endswith((".pem", ".crt", ".cer", ".der")):
        from certwright.domain.errors import NotFound

        raise NotFound(f"there is no file {what}", code="file.not_found")
    return _stored(services, reader, what)


def _stored(services: Services, reader: Reader | None, what: str) -> Found:
    from certwright.cli import lookup
    from certwright.domain.arn import ArnKind, parse_arn
    from certwright.domain.certificate import load_der, parse_bundle
    from certwright.domain.errors import NotFound
    from certwright.engine.records import MaterialRecord

    entry = None
    if lookup.is_arn(what) and parse_arn(what).kind is ArnKind.CERTIFICATE_AUTHORITY:
        authority = lookup.authority(reader, what)
        arn, version, source = authority.arn, authority.serving_version, f"authority {authority.arn}"
    else:
        entry = lookup.certificate(services, reader, what, now=services.clock.now())
        arn, version, source = entry.record.arn, entry.record.serving_version, f"certificate {entry.record.arn}"
    assert reader is not None
    material = reader.one(MaterialRecord, arn=arn, version=version)
    if material is None or not material.der:
        raise NotFound(
            f"{what} has no issued certificate yet; `certwright why {what}` says what it waits for",
            code="certificate.not_issued",
        )
    pool = parse_bundle(material.chain_pem) if material.chain_pem else ()
    return Found(source=source, certificate=load_der(material.der), pool=pool, entry=entry)


def _in_file(what: str) -> Found:
    import sys

    from certwright.domain.certificate import load_der, split_pem
    from certwright.domain.errors import CertwrightError

    try:
        data = sys.stdin.buffer.read() if what == "-" else Path(what).read_bytes()
    except OSError as error:
        raise CertwrightError(f"{what} cannot be read: {error.strerror}", code="input.invalid") from None
    if data[:1] == b"\x30":
        return Found(source=f"file {what}", certificate=load_der(data, path=what))
    blocks = split_pem(data, path=what)
    ders = [b.der for b in blocks if b.label in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")]
    if not ders:
        labels = ", ".join(sorted({safe(b.label) for b in blocks})) or "no PEM blocks"
        raise CertwrightError(f"{what} holds no certificate, but {labels}", code="input.invalid")
    other = sorted({safe(b.label) for b in blocks} - {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
    notes = (f"The file also holds: {', '.join(other)}.",) if other else ()
    leaf, *rest = (load_der(der, path=what) for der in ders)
    return Found(source=f"file {what}", certificate=leaf, pool=tuple(rest), notes=notes)


def _served(address: str, server_name: str, timeout_s: float) -> Found:
    from certwright.cli.served import fetch
    from certwright.domain.certificate import load_der

    seen = fetch(address, server_name=server_name, timeout_s=timeout_s)
    leaf, *rest = (load_der(der, path=address) for der in seen.ders)
    trust = f"this machine does not trust it: {seen.distrust}" if seen.distrust else "this machine trusts it"
    asked = f" for {server_name}" if server_name else ""
    return Found(source=f"served by {address}{asked}", certificate=leaf, pool=tuple(rest), trust=trust)


def _known_authority(reader: Reader | None, found: Found) -> str:
    """Name of the CA of this store that signed it, or "": proved by its signature, not by its name."""
    if reader is None:
        return ""
    from certwright.cli.wording import authority_name
    from certwright.domain.certificate import load_der
    from certwright.domain.chain import is_issued_by
    from certwright.engine.records import AuthorityRecord, AuthorityVersionRecord, MaterialRecord

    for version in reader.all(AuthorityVersionRecord, has_certificate=True):
        material = reader.one(MaterialRecord, arn=version.arn, version=version.version)
        if material is not None and material.der and is_issued_by(found.certificate, load_der(material.der)):
            return authority_name(reader.one(AuthorityRecord, arn=version.arn))
    return ""


def _trust(found: Found, ours: str) -> str:
    from certwright.cli.wording import NOT_TRUSTED

    certificate = found.certificate
    if ours:
        verdict = f"{NOT_TRUSTED}: issued by {ours}, an authority of this installation"
    elif certificate.subject == certificate.issuer:
        verdict = f"{NOT_TRUSTED}: self-signed"
    else:
        verdict = "" if found.trust else "not judged: its issuer is no authority of this store"
    return "; ".join(part for part in (verdict, found.trust) if part)


def _document(found: Found, ours: str, now: datetime) -> dict[str, Any]:
    from certwright.cli.wording import band
    from certwright.domain.certificate import facts_of
    from certwright.domain.chain import build_chain
    from certwright.domain.validity import iso

    facts = facts_of(found.certificate)
    chain = build_chain(found.certificate, found.pool)
    document: dict[str, Any] = {
        "source": found.source,
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serialNumber": format(facts.serial, "x"),
        "fingerprint": facts.fingerprint.replace(":", ""),
        "notBefore": iso(facts.not_before),
        "notAfter": iso(facts.not_after),
        "state": band(facts.not_before, facts.not_after, now) if now >= facts.not_before else "not yet valid",
        "names": [_general_name(name) for name in facts.sans],
        "keyAlgorithm": facts.key_algorithm.value if facts.key_algorithm else None,
        "signatureAlgorithm": facts.signature_algorithm,
        "keyUsages": _key_usages(found.certificate),
        "extendedKeyUsages": _purposes(found.certificate),
        "isCa": facts.is_ca,
        "pathLength": facts.path_length,
        "browserTrusted": None if found.trust and not ours else False,
        "trust": _trust(found, ours),
        "chain": [c.subject.rfc4514_string() for c in chain.certificates],
        "chainComplete": chain.complete,
    }
    if found.entry is not None:
        from certwright.cli.certificate_view import association_tree
        from certwright.functions.catalogue import summary_of

        document["certificate"] = summary_of(found.entry, now=now)
        document["associations"] = [association_tree(a) for a in found.entry.associations]
    return document


def _general_name(name: x509.GeneralName) -> str:
    kinds = {"DNSName": "dns", "IPAddress": "ip", "RFC822Name": "email", "UniformResourceIdentifier": "uri"}
    value = name.value
    kind = kinds.get(type(name).__name__, type(name).__name__)
    shown = value.rfc4514_string() if hasattr(value, "rfc4514_string") else value
    return f"{kind}:{shown if isinstance(shown, str) or kind == 'ip' else '(binary)'}"


def _key_usages(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return []
    return [wire for wire, name in KEY_USAGES if getattr(usage, name)]


def _purposes(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return []
    return [getattr(oid, "_name", None) or oid.dotted_string for oid in purposes]


def _tell(screen: Screen, found: Found, d: dict[str, Any], now: datetime) -> None:
    from rich.text import Text

    from certwright.cli.wording import in_words, moment

    certificate = found.certificate
    until = certificate.not_valid_after_utc
    dates = f"{moment(certificate.not_valid_before_utc)} to {moment(until)}, {in_words(until - now)} "
    length = f", path length {d['pathLength']}" if d["pathLength"] is not None else ""
    screen.fields(
        [
            ("From", safe(d["source"])),
            ("Subject", safe(d["subject"]) or "(empty)"),
            ("Names", safe(", ".join(d["names"])) or "none"),
            ("Issuer", safe(d["issuer"])),
            ("Valid", Text.assemble(dates, "(", screen.word(d["state"]), ")")),
            ("Serial", d["serialNumber"]),
            ("SHA-256", d["fingerprint"]),
            ("Key", d["keyAlgorithm"] or "of a kind that certwright does not make"),
            ("Signature", d["signatureAlgorithm"]),
            ("Usage", ", ".join([*d["keyUsages"], *d["extendedKeyUsages"]])),
            ("Authority", f"yes{length}" if d["isCa"] else ""),
            ("Trust", Text(safe(d["trust"]), style="yellow" if "not trust" in d["trust"] else "")),
        ]
    )
    _chain(screen, d)
    for note in found.notes:
        screen.note(note, style="yellow")


def _chain(screen: Screen, d: dict[str, Any]) -> None:
    if not d["chain"]:
        return
    screen.note("")
    screen.note(screen.heading("Chain" if d["chainComplete"] else "Chain (its root is not here)"))
    for depth, subject in enumerate([d["subject"] or "(this certificate)", *d["chain"]]):
        screen.show(f"  {'   ' * depth}{screen.glyphs.arrow + ' ' if depth else ''}{safe(subject)}")


def _print_pem(found: Found) -> None:
    import sys

    from certwright.domain.certificate import bundle_pem
    from certwright.domain.chain import build_chain

    chain = build_chain(found.certificate, found.pool)
    sys.stdout.write(bundle_pem([found.certificate, *chain.certificates]))
