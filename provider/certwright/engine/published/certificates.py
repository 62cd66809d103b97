"""The certificate of a CA, for whoever has a certificate of it and not the chain (RFC 5280 4.2.2.1, caIssuers)."""

from __future__ import annotations

import re

from certwright.domain.certificate import load_der, subject_key_id_of
from certwright.engine.ports import Reader
from certwright.engine.publishing import Pointer, Publication, SigningCa
from certwright.engine.records import AuthorityRecord, AuthorityVersionRecord, MaterialRecord
from certwright.engine.services import Services

_PATH = re.compile(r"/ca/(?P<id>[0-9a-f-]{1,64})/(?P<key>[0-9a-f]{2,128})\.crt")


class CaCertificates:
    name = "ca"
    media_type = "application/pkix-cert"  # RFC 2585 4.1
    pointer: Pointer | None = Pointer.ISSUER

    def path(self, ca: SigningCa) -> str:
        return f"/ca/{ca.arn.rpartition('/')[2]}/{ca.key_identifier.hex()}.crt"

    def publication(self, services: Services, reader: Reader, path: str) -> Publication | None:
        """DER of the newest certificate that this CA has for the key."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        for arn in (a.arn for a in reader.all(AuthorityRecord) if _is_called(a, match["id"])):
            versions = reader.all(AuthorityVersionRecord, arn=arn)
            for version in sorted(versions, key=lambda v: v.version, reverse=True):
                material = reader.one(MaterialRecord, arn=arn, version=version.version)
                if material is not None and material.der and _key_of(material.der) == match["key"]:
                    return Publication(body=material.der)
        return None


def _is_called(record: AuthorityRecord, name: str) -> bool:
    """By its ARN of today, or by one of before an adoption."""
    return any(arn.rpartition("/")[2] == name for arn in (record.arn, *record.aliases))


def _key_of(der: bytes) -> str:
    return subject_key_id_of(load_der(der)).hex()
