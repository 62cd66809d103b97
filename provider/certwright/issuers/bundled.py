"""The bundled issuer: a root and an issuing CA for each account and region, made when the first public-kind
certificate needs them (CRT-12). Browsers do not trust it, and everything says so."""

from __future__ import annotations

from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.issuing import BUNDLED, IssuerFacts
from certwright.engine.ports import Reader
from certwright.engine.records import AuthorityRecord, AuthorityStatus, Json
from certwright.engine.services import Services
from certwright.issuers.authority import AuthorityIssuer

# They belong to the installation, not to a stack: their URN is no Pulumi URN.
_ROOT = "certwright:bundled:{account}:{region}:root"
_ISSUING = "certwright:bundled:{account}:{region}:issuing"


class BundledIssuer(AuthorityIssuer):
    """Its reference is `bundled`; a version keeps the ARN of the CA that signs."""

    def facts(self, reader: Reader, reference: str) -> IssuerFacts:
        """Of whichever CA will sign: known as soon as a version keeps its ARN."""
        return IssuerFacts(reference=reference, name=BUNDLED)

    def ensure(self, reference: str, *, region: str, account: str) -> str:
        return ensure_bundled(self.services, region=region, account=account)


def _find(reader: Reader, urn: str) -> AuthorityRecord | None:
    for record in reader.all(AuthorityRecord, urn=urn):
        if record.status is not AuthorityStatus.DELETED:
            return record
    return None


def _spec(kind: str, name: str, years: int, **more: object) -> Json:
    return {
        "type": kind,
        "certificateAuthorityConfiguration": {"subject": {"commonName": name[:64], "organization": "certwright"}},
        "validity": {"type": "YEARS", "value": str(years)},
        **more,
    }


def ensure_bundled(services: Services, *, region: str, account: str) -> str:
    """Make what is missing, one maker at a time; returns the issuing CA's ARN."""
    from certwright.engine.authority import create

    with alone_with(services.store, Scope.BUNDLED, account, region):
        root_urn = _ROOT.format(account=account, region=region)
        issuing_urn = _ISSUING.format(account=account, region=region)
        with services.store.read() as reader:
            root, issuing = _find(reader, root_urn), _find(reader, issuing_urn)
        name = "certwright bundled {} ({}, {})"
        if root is None or root.status is not AuthorityStatus.ACTIVE:
            spec = _spec("ROOT", name.format("root", account, region), 10)
            root, _ = create(services, urn=root_urn, region=region, account=account, tags={}, spec=spec)
        if issuing is None or issuing.status is not AuthorityStatus.ACTIVE:
            below = {"parentArn": root.arn, "pathLength": 0}
            spec = _spec("SUBORDINATE", name.format("issuing CA", account, region), 5, **below)
            issuing, _ = create(services, urn=issuing_urn, region=region, account=account, tags={}, spec=spec)
        return issuing.arn
