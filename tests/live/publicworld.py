"""The DNS that public-kind certificates of the tests live in: the shipped server, from `com` down to the names."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from certwright.server.dns import DnsServer
from live.harness import TYPES, Result, Stack, Tree

VALIDATION_DOMAIN = "validate.example"
TSIG_SECRET = base64.b64encode(b"tsig secret of the live tests 32").decode()
CA_IDENTITY = "ca.shop.example"


@contextmanager
def world(**zones: Any) -> Iterator[DnsServer]:
    """`example.com` may be updated with the TSIG key `writer`, and so may the validation domain."""
    every: dict[str, Any] = {"com": (), "example": (), "example.com": (), VALIDATION_DOMAIN: (), **zones}
    with DnsServer(every, {"writer": TSIG_SECRET}) as server:
        yield server


def settings(dns: DnsServer) -> dict[str, Any]:
    """Stack configuration, objects as JSON text."""
    reached = {"rfc2136": {"server": dns.host, "port": dns.port, "keyName": "writer", "keySecret": TSIG_SECRET}}
    return {
        "validationDomain": VALIDATION_DOMAIN,
        "validationWriter": "own",
        "dnsWriters": json.dumps({"own": reached, "corp": reached}),
        "authoritativeServers": json.dumps({zone: [dns.endpoint] for zone in ("com", "example")}),
        "caaIdentities": json.dumps([CA_IDENTITY]),
    }


def public(*more: str, domain: str = "www.example.com", issuer: str | None = "${issuing.arn}", **vary: Any) -> Tree:
    properties = {"domainName": domain, "validationMethod": "DNS", "publicIssuer": issuer, **vary}
    if more:
        properties["subjectAlternativeNames"] = list(more)
    return {"type": TYPES["certificate"], "properties": {k: v for k, v in properties.items() if v is not None}}


def validation(certificate: str = "www", **vary: Any) -> Tree:
    properties = {"certificateArn": f"${{{certificate}.arn}}", **vary}
    options = properties.pop("options", None)
    return {"type": TYPES["validation"], "properties": properties, **({"options": options} if options else {})}


def publish(dns: DnsServer, options: list[Tree]) -> None:
    """What a user's own DNS resources would do with `domainValidationOptions`."""
    for option in options:
        dns.add(option["resourceRecordName"], option["resourceRecordType"], option["resourceRecordValue"])


def shown_records(preview: Result) -> list[tuple[str, str]]:
    """Name and value of each record that a preview prints among the stack's outputs, in the order printed."""
    names = re.findall(r'resourceRecordName *: "(.+)"', preview.text)
    values = re.findall(r'resourceRecordValue *: "(.+)"', preview.text)
    return list(zip(names, values, strict=True))


def options_of(stack: Stack, name: str = "www") -> list[Tree]:
    return list(stack.outputs(name)["domainValidationOptions"])
