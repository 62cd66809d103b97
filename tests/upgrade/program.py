"""The program of a recording: every resource and every mode, in two stacks over one store.

Names with a host or a path of the recording machine are stated here: the tests put their own in their place.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from builders import pki
from certwright.domain.keyspec import KeyAlgorithm, generate_private_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from live.harness import TYPES, Tree, authorities, directory_association, wiki
from live.publicworld import TSIG_SECRET, public, validation

HOST = "recorder.example"  # the host's name
BASE = Path("/tmp/certwright-recording")  # every path lies below; made and removed by the recording
DNS_PORT = 15353  # an inline writer's port is part of its place
FIRST = dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC)
LAST = FIRST + dt.timedelta(days=24)
ELSEWHERE = {"region": "eu-west", "account": "111111111111"}
SHORT = {"customTimeouts": {"create": "1s", "update": "1s"}}
BR_ROOT = {"type": "YEARS", "value": 10}


def settings() -> dict[str, Any]:
    """Stack configuration: two configured writers, the servers of the zones, the CA's name in CAA records."""
    reached = {"rfc2136": inline()}
    return {
        "validationDomain": "validate.example",
        "validationWriter": "own",
        "dnsWriters": json.dumps({"own": reached, "corp": reached}),
        "authoritativeServers": json.dumps({zone: [f"127.0.0.1:{DNS_PORT}"] for zone in ("com", "example")}),
        "caaIdentities": json.dumps(["ca.shop.example"]),
    }


def inline() -> Tree:
    return {"server": "127.0.0.1", "port": DNS_PORT, "keyName": "writer", "keySecret": TSIG_SECRET}


def everything(first: bool) -> Tree:
    """What previews empty once it is deployed. first: with the resources that the second run of the recording deletes."""
    resources: Tree = {**authorities(), **_private(), **_brought(), **_public(), **_elsewhere()}
    if first:
        resources["retired"] = _root("Retired Root", {"type": "YEARS", "value": 3})
        resources["former"] = wiki(domainName="former.internal", subjectAlternativeNames=None)
    return resources


def unfinished(authority: str) -> Tree:
    """What waits, has waited too long, or failed; of another stack. authority: the ARN of who shall sign."""
    return {
        "pending": public(domain="pending.example.com", issuer=authority),
        "waits": public("late.example.com", domain="waits.example.com", issuer=authority),
        "waiting": validation("waits", options=SHORT),
        "failing": directory_association(BASE / "missing" / "nowhere", certificate="pending"),
    }


def _root(name: str, validity: Tree, **vary: Any) -> Tree:
    configuration = {"subject": {"commonName": name}}
    properties = {"type": "ROOT", "certificateAuthorityConfiguration": configuration, "validity": validity, **vary}
    return {"type": TYPES["authority"], "properties": properties}


def _private() -> Tree:
    return {
        "short": _root("Short Root", {"type": "DAYS", "value": 40}, earlyRenewalDuration="P20D"),
        "wiki": wiki(),
        "below-short": wiki(
            domainName="below.internal",
            subjectAlternativeNames=None,
            certificateAuthorityArn="${short.arn}",
            validity={"type": "DAYS", "value": 12},
            earlyRenewalDuration="P4D",
        ),
        "onDisk": directory_association(BASE / "tls" / "wiki"),
    }


def _brought() -> Tree:
    """Imported with its key, and signed by CSR. Their keys are made here and thrown away."""
    key = generate_private_key(KeyAlgorithm.EC_PRIME256V1)
    above = pki.authority("Foreign Root", number=7, at=FIRST)
    leaf = pki.leaf(above, private_key=key, at=FIRST)
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "appliance.internal")]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("appliance.internal")]), critical=False)
        .sign(generate_private_key(KeyAlgorithm.EC_PRIME256V1), hashes.SHA256())
    )
    imported = {
        "certificateBody": leaf.public_bytes(Encoding.PEM).decode(),
        "certificateChain": above.certificate.public_bytes(Encoding.PEM).decode(),
        "privateKey": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    signed = {
        "certificateSigningRequest": csr.public_bytes(Encoding.PEM).decode(),
        "certificateAuthorityArn": "${issuing.arn}",
        "validity": {"type": "DAYS", "value": 300},
    }
    return {
        "theirs": {"type": TYPES["certificate"], "properties": imported},
        "seen": validation("theirs"),
        "onEdge": directory_association(BASE / "tls" / "theirs", certificate="seen.certificateArn"),
        "appliance": {"type": TYPES["certificate"], "properties": signed},
    }


def _public() -> Tree:
    return {
        "www": public("*.example.com", "example.com"),
        "proved": validation(dnsWriter="corp"),
        "onWeb": directory_association(BASE / "tls" / "www", certificate="proved.certificateArn"),
        "shop": public(domain="shop.example.com"),
        "proved-inline": validation("shop", dnsWriter={"rfc2136": inline()}),
        "free": public(domain="free.example.com", issuer="bundled"),
        "proved-free": validation("free", dnsWriter="corp"),
    }


def _elsewhere() -> Tree:
    """Another region and account, by a provider of its own."""
    arguments = {key: json.loads(value) if value[:1] in "{[" else value for key, value in settings().items()}
    eu: Tree = {"options": {"provider": "${eu}"}}
    return {
        "eu": {"type": "pulumi:providers:certwright", "properties": {**arguments, **ELSEWHERE}},
        "eu-root": {**_root("European Root", {"type": "YEARS", "value": 10}), **eu},
        "eu-wiki": {**wiki(certificateAuthorityArn="${eu-root.arn}", validity={"type": "DAYS", "value": 90}), **eu},
        "in-asia": public(domain="asia.example.com", region="ap-south"),
        "proved-asia": validation("in-asia", dnsWriter="corp", region="ap-south"),
    }
