"""The properties of a CertificateValidation: the one source of its schema, decode, diff, docs and SDKs."""

from __future__ import annotations

from certwright.resources.base import Change, Equality, Model, out, prop


class DomainValidation(Model):
    """How far the proof of one name got."""

    domain_name: str = out("The name.")
    status: str = out("`PENDING_VALIDATION` or `SUCCESS`.")
    seen: str | None = out("What was seen in DNS.")
    asked_at: str | None = out("Where it was asked.")


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
    dns_writer: str | None = prop(
        "Name of the configured DNS writer (`certwright:dnsWriters`) that writes the validation records. Without it the "
        "records are the program's own.",
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
