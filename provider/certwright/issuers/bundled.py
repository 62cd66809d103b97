"""The bundled issuer: a root and an issuing CA for each account and region, made when the first public-kind
certificate needs them (CRT-12). Browsers do not trust it, and everything says so."""

from __future__ import annotations

from certwright.engine.issuing import BUNDLED, IssuerFacts
from certwright.engine.ports import Reader
from certwright.engine.services import Services


class BundledIssuer:
    def facts(self, reader: Reader, reference: str) -> IssuerFacts:
        """Of whichever CA will sign: it is known as soon as a version keeps its ARN."""
        return IssuerFacts(reference=reference, name=BUNDLED)

    def ensure(self, services: Services, reference: str, *, region: str, account: str) -> str:
        from certwright.engine.bundled import ensure_bundled

        return ensure_bundled(services, region=region, account=account)
