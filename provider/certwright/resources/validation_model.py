"""The properties of a CertificateValidation: the one source of its schema, decode, diff, docs and SDKs."""

from __future__ import annotations

from certwright.resources.base import Change, Equality, Model, out, prop


class DomainValidation(Model):
    """How far the proof of one name got."""

    domain_name: str = out("The name.")
    status: str = out("`PENDING_VALIDATION` or `SUCCESS`.")
    seen: str | None = out("What was seen in DNS.")
    asked_at: str | None = out("Where it was asked.")


class Rfc2136Update(Model):
    """A DNS server that takes dynamic updates (RFC 2136) signed by TSIG, and the key for it."""

    server: str = prop("Its address, `host` or `host:port`.", required=True)
    port: int | None = prop("Its port; default 53.")
    zone: str | None = prop("The zone to write into; without it the server is asked which zone holds a name.")
    key_name: str = prop("Name of the TSIG key.", required=True)
    key_secret: str = prop("The key's secret in base64.", required=True, secret=True, source="RFC 8945")
    key_algorithm: str | None = prop("`hmac-sha256` (default), `hmac-sha512` …")


class InlineDnsWriter(Model):
    """A DNS writer that the program describes itself: exactly one kind."""

    rfc2136: Rfc2136Update | None = prop("Dynamic updates with TSIG.", source="RFC 2136")


class CertificateValidationInputs(Model):
    certificate_arn: str = prop(
        "ARN of the certificate to wait for.", change=Change.REPLACE, required=True, source="pulumi-aws"
    )
    validation_record_fqdns: list[str] | None = prop(
        "Names of the validation records that the program makes: a missing one is named at once.",
        change=Change.UPDATE,
        equality=Equality.NAMES,
        source="pulumi-aws",
    )
    dns_writer: str | InlineDnsWriter | None = prop(
        "Who writes the validation records: the name of a configured DNS writer (`certwright:dnsWriters`), or one that is "
        "described here. Without it the records are the program's own. What a configured writer wrote goes with the "
        "certificate, what an inline one wrote goes with this resource, which has its key.",
        change=Change.UPDATE,
    )
    region: str | None = prop("Region; default: the provider's.", change=Change.REPLACE)
    validated_version: int | None = prop("Version that this declaration waits for.", managed=True)


class CertificateValidationOutputs(Model):
    status: str = out("`PENDING_VALIDATION`, `SUCCESS` or `FAILED`.")
    store_id: str = out("Id of the store that holds the certificate.")
    validated_version: int = out("Newest version that was validated and issued.")
    serial_number: str | None = out("Serial number of the issued version, lower-case hex.")
    not_after: str | None = out("End of validity, RFC 3339 UTC.")
    fingerprint: str | None = out("SHA-256 of the DER, lower-case hex.")
    certificate_pem: str | None = out("The issued certificate in PEM.")
    certificate_chain_pem: str | None = out("Its issuers in PEM, root last.")
    issued_at: str | None = out("When it was issued, RFC 3339 UTC.")
    domain_validations: list[DomainValidation] = out("How far each name got.")
