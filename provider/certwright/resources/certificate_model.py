"""The properties of a Certificate: the one source of its schema, decode, diff, docs and SDKs."""

from __future__ import annotations

from enum import StrEnum

from certwright.domain.extension import CustomExtension, KeyUsage
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm
from certwright.domain.passthrough import ApiPassthrough
from certwright.domain.subject import Subject
from certwright.domain.validity import Validity
from certwright.resources.base import Change, Equality, Model, out, prop


class RenewalKeyPolicy(StrEnum):
    """Whether a renewal makes a new key."""

    REKEY = "REKEY"
    REUSE = "REUSE"


class DomainValidationOption(Model):
    """The DNS record that proves one name."""

    domain_name: str = out("The name that the record proves, without a wildcard label.")
    resource_record_name: str = out("Name of the CNAME record, without a trailing dot.")
    resource_record_type: str = out("`CNAME`.")
    resource_record_value: str = out("Target of the CNAME record, in the validation domain.")


class PendingVersion(Model):
    """The version that is requested and not issued yet."""

    version: int = out("Its number.")
    status: str = out("`PENDING_VALIDATION`, `VALIDATION_TIMED_OUT` or `FAILED`.")
    failure_reason: str | None = out("ACM's reason, e.g. `CAA_ERROR`.")
    failure_message: str | None = out("The reason as a sentence.")


class CertificateInputs(Model):
    domain_name: str | None = prop(
        "First name of the certificate; public: its common name, so at most 64 characters. Required unless imported or "
        "signed. Private certificates may name anything: `wiki.internal`, `192.168.1.1`, `fire-sensor-123`.",
        change=Change.REPLACE,
        equality=Equality.NAME,
        source="ACM RequestCertificate; RFC 6125",
    )
    subject_alternative_names: list[str] | None = prop(
        "Further names, in any order: DNS names by default; IP addresses, `mailbox@host` and `scheme://…` are "
        "recognised; the prefixes `dns:` `ip:` `email:` `uri:` `upn:` `dn:` force the kind.",
        change=Change.REISSUE,
        equality=Equality.NAMES,
        source="RFC 5280 4.2.1.6",
    )
    validation_method: str | None = prop(
        "`DNS`: makes it a public-kind certificate, whose names have to be proved.",
        change=Change.REISSUE,
        words="ValidationMethod",
        source="ACM RequestCertificate",
    )
    public_issuer: str | None = prop(
        "Who signs a public-kind certificate: the ARN of a private CA, or `bundled` (a root and an issuing CA that are "
        "made at first use). Not trusted by browsers. Default: the provider's `publicIssuer`.",
        change=Change.REISSUE,
    )
    certificate_authority_arn: str | None = prop(
        "Makes it a private certificate: the CA that signs it (also of a certificate by CSR).",
        change=Change.REPLACE,
        source="ACM RequestCertificate",
    )
    certificate_body: str | None = prop(
        "PEM of a foreign certificate to import.",
        change=Change.REISSUE,
        equality=Equality.PEM,
        source="ACM ImportCertificate",
    )
    private_key: str | None = prop(
        "PEM of the imported certificate's private key, unencrypted, at most 5120 bytes. May be left out when the stored "
        "version has the same body.",
        change=Change.NOTHING,
        secret=True,
        source="ACM ImportCertificate",
    )
    certificate_chain: str | None = prop(
        "PEM of the imported certificate's issuers.",
        change=Change.REISSUE,
        equality=Equality.PEM,
        source="ACM ImportCertificate",
    )
    certificate_signing_request: str | None = prop(
        "PEM of a request (PKCS#10): the key never reaches certwright. Needs `certificateAuthorityArn`.",
        change=Change.REISSUE,
        equality=Equality.PEM,
        source="RFC 2986; ACM PCA IssueCertificate",
    )
    key_algorithm: KeyAlgorithm | None = prop(
        "Default: `RSA_2048` under an RSA CA, else `EC_prime256v1`. Not for imported and signed certificates.",
        change=Change.REISSUE,
        source="ACM RequestCertificate",
    )
    signing_algorithm: SigningAlgorithm | None = prop(
        "Algorithm of the CA's signature on a private or signed certificate; it must fit the CA's key. Default: the CA's "
        "own `signingAlgorithm`.",
        change=Change.REISSUE,
        source="ACM PCA IssueCertificate",
    )
    subject: Subject | None = prop(
        "Subject of a private or signed certificate; default: the first name as common name, where it fits.",
        change=Change.REISSUE,
        source="ACM PCA ApiPassthrough",
    )
    key_usages: list[KeyUsage] | None = prop(
        "Key usages of a private or signed certificate; default: those of its template.",
        change=Change.REISSUE,
        equality=Equality.SET,
        source="RFC 5280 4.2.1.3",
    )
    extended_key_usages: list[str] | None = prop(
        "Extended key usages, by ACM PCA's name (`SERVER_AUTH` …) or object identifier.",
        change=Change.REISSUE,
        equality=Equality.SET,
        source="RFC 5280 4.2.1.12",
    )
    custom_extensions: list[CustomExtension] | None = prop(
        "Further extensions.",
        change=Change.REISSUE,
        source="ACM PCA CustomExtension",
    )
    api_passthrough: ApiPassthrough | None = prop(
        "What a private or signed certificate adds to its template, as ACM PCA's ApiPassthrough; an object, or its JSON "
        "text where the program's language allows it (AWS's spelling is accepted there). Needs a `templateArn` with "
        "`_APIPassthrough` or `_APICSRPassthrough`.",
        change=Change.REISSUE,
        equality=Equality.PASSTHROUGH,
        source="ACM PCA ApiPassthrough",
    )
    template_arn: str | None = prop(
        "Profile of a private or signed certificate, as ACM PCA names it: `EndEntityCertificate` (default), "
        "`EndEntityServerAuthCertificate`, `EndEntityClientAuthCertificate`, `CodeSigningCertificate`, "
        "`OCSPSigningCertificate`, by name or as `arn:aws:acm-pca:::template/NAME/V1`; with `_APIPassthrough`, "
        "`_CSRPassthrough` or `_APICSRPassthrough` behind it, values of `apiPassthrough` or of the CSR are let through. "
        "`BlankEndEntityCertificate` and `BlankEndEntityCertificate_CriticalBasicConstraints`, only with such a suffix, "
        "fix no usages. Order: template, API, CSR.",
        change=Change.REISSUE,
        source="ACM PCA templates",
    )
    validity: Validity | None = prop(
        "How long it is valid. Default: private 395 days, public by the provider's `validityProfile`, both cut at the "
        "CA's end; a stated one beyond the CA's end is refused.",
        change=Change.REISSUE,
        equality=Equality.TEXT,
        source="ACM PCA Validity",
    )
    early_renewal_duration: str | None = prop(
        "How long before expiry the renewal window opens: `P60D`, `1440h` or `33%`. Default: the smaller of 60 days and a "
        "third of the lifetime.",
        change=Change.UPDATE,
        source="pulumi-aws",
    )
    renewal_key_policy: RenewalKeyPolicy | None = prop(
        "`REKEY` (default): a renewal makes a new key; `REUSE`: it keeps the key.",
        change=Change.UPDATE,
    )
    rekey_trigger: str | None = prop(
        "Any text: a new value makes a new version with a new key.",
        change=Change.REISSUE,
    )
    tags: dict[str, str] | None = prop("Tags.", change=Change.UPDATE)
    region: str | None = prop("Region; default: the provider's.", change=Change.REPLACE)
    version: int | None = prop("Version that this declaration stands for.", managed=True)


class CertificateOutputs(Model):
    arn: str = out("ARN; keeps its value over renewals and changes of names.")
    store_id: str = out("Id of the store that holds it.")
    type: str = out("`PUBLIC`, `PRIVATE`, `IMPORTED` or `SIGNED`.")
    status: str = out("Status of the serving version, by ACM's names; of the pending one while there is none.")
    version: int = out("Newest version that was requested.")
    pending_version: PendingVersion | None = out("The version on its way; absent when the newest one is issued.")
    serial_number: str | None = out("Serial number of the serving version, lower-case hex.")
    fingerprint: str | None = out("SHA-256 of the serving version's DER, lower-case hex.")
    issuer: str | None = out("Issuer's distinguished name (RFC 4514).")
    not_before: str | None = out("Start of validity, RFC 3339 UTC.")
    not_after: str | None = out("End of validity, RFC 3339 UTC, inclusive.")
    signature_algorithm: str | None = out("Signature algorithm of the certificate.")
    certificate_pem: str | None = out("The serving certificate in PEM.")
    certificate_chain_pem: str | None = out("Its issuers in PEM, root last.")
    domain_validation_options: list[DomainValidationOption] = out(
        "The records that prove the names: one per distinct record, in a stable order, known in previews."
    )
    renewal_eligibility: str | None = out("`ELIGIBLE` or `INELIGIBLE` (signed, imported, fixed end).")
    renewal_due: str | None = out("The instant at which the renewal window opens, RFC 3339 UTC.")
    in_use_by: list[str] = out("ARNs of the associations that serve it, as of the last update or refresh.")
    failure_reason: str | None = out("Why the newest request failed, by ACM's names.")
    browser_trusted: bool = out("Whether browsers trust the issuer; false for every CA of this installation.")
    tags_all: dict[str, str] = out("Tags, with the provider's default tags.")
