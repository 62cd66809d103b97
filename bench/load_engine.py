"""The engine called in its own process, without Pulumi's protocol; prints one JSON object.

`load_engine.py single CALLERS SECONDS`: certificates.create by that many threads.
`load_engine.py bulk COUNT`: engine.bulk.issue_many.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
import uuid
from typing import Any

from certwright.config import load
from certwright.engine import authority, certificates
from certwright.engine.bulk import BulkRequest, issue_many
from certwright.engine.records import Mode
from certwright.engine.services import Services
from certwright.system import collect_rarely
from certwright.wiring import build
from load import drive

REGION, ACCOUNT = "local", "000000000000"


def issuing_authority(services: Services) -> str:
    """A root and a subordinate authority, P-256; the subordinate's ARN."""
    parent = ""
    for kind in ("ROOT", "SUBORDINATE"):
        spec: dict[str, Any] = {
            "type": kind,
            "certificateAuthorityConfiguration": {"subject": {"commonName": f"Bench {kind.title()}"}},
            **({"parentArn": parent} if parent else {}),
        }
        urn = f"urn:pulumi:bench::bench::certwright:index:PrivateCertificateAuthority::{kind}-{uuid.uuid4().hex}"
        record, _ = authority.create(services, urn=urn, region=REGION, account=ACCOUNT, spec=spec, tags={})
        parent = record.arn
    return parent


def single(services: Services, issuer: str, callers: int, seconds: float) -> dict[str, Any]:
    numbers, run = itertools.count(), uuid.uuid4().hex

    def one() -> None:
        number = next(numbers)
        certificates.create(
            services,
            urn=f"urn:{run}:{number}",  # of its own: what an earlier run left under it would be looked at for adoption
            region=REGION,
            account=ACCOUNT,
            mode=Mode.PRIVATE,
            spec={"domainName": f"h{number}.internal", "certificateAuthorityArn": issuer},
            tags={},
        )

    return drive(lambda: one, callers=callers, seconds=seconds)


def bulk(services: Services, issuer: str, count: int) -> dict[str, Any]:
    def requests(some: int, first: int) -> list[BulkRequest]:
        return [
            BulkRequest(
                urn=f"urn:{first + i}",
                region=REGION,
                account=ACCOUNT,
                spec={"domainName": f"h{first + i}.internal", "certificateAuthorityArn": issuer},
            )
            for i in range(some)
        ]

    issue_many(services, requests(100, 0))
    wanted = requests(count, 1000)
    cpu, began = time.process_time(), time.monotonic()
    done = issue_many(services, wanted)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    if len(done) != count or not all(version.has_certificate for _, version in done):
        raise RuntimeError("not everything was issued")
    return {"count": count, "seconds": seconds, "cpu_s": cpu}


def main() -> None:
    services = build(load({}))
    collect_rarely()  # as the plugin does
    issuer = issuing_authority(services)
    if sys.argv[1] == "bulk":
        print(json.dumps(bulk(services, issuer, int(sys.argv[2]))))
    else:
        print(json.dumps(single(services, issuer, int(sys.argv[2]), float(sys.argv[3]))))


if __name__ == "__main__":
    main()
