"""certwright's resources for a Python program without the plugin: `from certwright.dynamic import Certificate`.

Same classes and arguments as the SDK that Pulumi's generators write (`pulumi_certwright`).
Written by tools/gen_dynamic.py from the pydantic models: change those, not this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from pulumi import Input, Output, ResourceOptions

from certwright.dynamic import providers
from certwright.dynamic.resource import CertwrightResource


class SubjectArgs(TypedDict, total=False):
    """Who a certificate is for (X.500 distinguished name)."""

    common_name: Input[str]
    country: Input[str]
    organization: Input[str]
    organizational_unit: Input[str]
    state: Input[str]
    locality: Input[str]
    serial_number: Input[str]
    title: Input[str]
    surname: Input[str]
    given_name: Input[str]
    initials: Input[str]
    pseudonym: Input[str]
    generation_qualifier: Input[str]
    distinguished_name_qualifier: Input[str]
    custom_attributes: Input[Sequence[Input[CustomAttributeArgs]]]


class CustomAttributeArgs(TypedDict, total=False):
    """One attribute of a subject that has no name of its own here."""

    object_identifier: Input[str]
    value: Input[str]


class CustomExtensionArgs(TypedDict, total=False):
    """One extension that the engine does not know, written as given."""

    object_identifier: Input[str]
    critical: Input[bool]
    value: Input[str]


class ApiPassthroughArgs(TypedDict, total=False):
    """What the request adds to a template whose name ends in `_APIPassthrough` or `_APICSRPassthrough`."""

    subject: Input[SubjectArgs]
    extensions: Input[PassthroughExtensionsArgs]


class PassthroughExtensionsArgs(TypedDict, total=False):
    """Extensions that the request asks for."""

    subject_alternative_names: Input[Sequence[Input[GeneralNameArgs]]]
    key_usage: Input[PassthroughKeyUsageArgs]
    extended_key_usage: Input[Sequence[Input[PassthroughExtendedKeyUsageArgs]]]
    certificate_policies: Input[Sequence[Input[PolicyInformationArgs]]]
    custom_extensions: Input[Sequence[Input[CustomExtensionArgs]]]


class GeneralNameArgs(TypedDict, total=False):
    """One subject alternative name: exactly one of its kinds."""

    dns_name: Input[str]
    ip_address: Input[str]
    rfc822_name: Input[str]
    uniform_resource_identifier: Input[str]
    directory_name: Input[SubjectArgs]
    other_name: Input[OtherNameArgs]
    registered_id: Input[str]


class OtherNameArgs(TypedDict, total=False):
    """A name of a kind of its own."""

    type_id: Input[str]
    value: Input[str]


class PassthroughKeyUsageArgs(TypedDict, total=False):
    """Key usages, each a switch."""

    digital_signature: Input[bool]
    non_repudiation: Input[bool]
    key_encipherment: Input[bool]
    data_encipherment: Input[bool]
    key_agreement: Input[bool]
    key_cert_sign: Input[bool]
    crl_sign: Input[bool]
    encipher_only: Input[bool]
    decipher_only: Input[bool]


class PassthroughExtendedKeyUsageArgs(TypedDict, total=False):
    """One extended key usage: by its name or by its object identifier."""

    extended_key_usage_type: Input[str]
    extended_key_usage_object_identifier: Input[str]


class PolicyInformationArgs(TypedDict, total=False):
    """One certificate policy."""

    cert_policy_id: Input[str]
    policy_qualifiers: Input[Sequence[Input[PolicyQualifierInfoArgs]]]


class PolicyQualifierInfoArgs(TypedDict, total=False):
    """One qualifier of a policy; only `CPS` exists."""

    policy_qualifier_id: Input[str]
    qualifier: Input[PolicyQualifierArgs]


class PolicyQualifierArgs(TypedDict, total=False):
    """The address of the certification practice statement."""

    cps_uri: Input[str]


class ValidityArgs(TypedDict, total=False):
    """How long a certificate is valid."""

    type: Input[str]
    value: Input[str]


class InlineDnsWriterArgs(TypedDict, total=False):
    """A DNS writer that the program describes itself: exactly one kind."""

    rfc2136: Input[Rfc2136UpdateArgs]


class Rfc2136UpdateArgs(TypedDict, total=False):
    """A DNS server that takes dynamic updates (RFC 2136) signed by TSIG, and the key for it."""

    server: Input[str]
    port: Input[int]
    zone: Input[str]
    key_name: Input[str]
    key_secret: Input[str]
    key_algorithm: Input[str]


class CertificateAuthorityConfigurationArgs(TypedDict, total=False):
    """Key, signature and subject of an authority."""

    key_algorithm: Input[str]
    signing_algorithm: Input[str]
    subject: Input[SubjectArgs]


class TargetArgs(TypedDict, total=False):
    """Exactly one kind of target."""

    directory: Input[DirectoryTargetArgs]


class DirectoryTargetArgs(TypedDict, total=False):
    """Files in a directory, switched at once by one symbolic link:
    PATH/current/{cert,chain,fullchain,privkey}.pem.
    """

    path: Input[str]
    mode: Input[str]
    owner: Input[str]
    reload: Input[Sequence[Input[str]]]
    keep: Input[int]
    on_delete: Input[str]


class VerifyArgs(TypedDict, total=False):
    """Where the association looks whether the new certificate is served."""

    endpoints: Input[Sequence[Input[str]]]
    server_name: Input[str]
    timeout_seconds: Input[float]
    deadline_seconds: Input[float]


class Certificate(CertwrightResource, module="certwright", name="Certificate"):
    """A certificate: public-kind (`validationMethod`), private (`certificateAuthorityArn`), imported
    (`certificateBody`) or signed from a request (`certificateSigningRequest`).
    """

    _provider_class = providers.CertificateProvider
    domain_name: Output[str | None]
    subject_alternative_names: Output[list[str] | None]
    validation_method: Output[str | None]
    public_issuer: Output[str | None]
    certificate_authority_arn: Output[str | None]
    certificate_body: Output[str | None]
    private_key: Output[str | None]
    certificate_chain: Output[str | None]
    certificate_signing_request: Output[str | None]
    key_algorithm: Output[str | None]
    signing_algorithm: Output[str | None]
    subject: Output[Any]
    key_usages: Output[list[Any] | None]
    extended_key_usages: Output[list[str] | None]
    custom_extensions: Output[list[Any] | None]
    api_passthrough: Output[Any]
    template_arn: Output[str | None]
    validity: Output[Any]
    early_renewal_duration: Output[str | None]
    renewal_key_policy: Output[str | None]
    rekey_trigger: Output[str | None]
    tags: Output[Any]
    region: Output[str | None]
    arn: Output[str]
    store_id: Output[str]
    type: Output[str]
    status: Output[str]
    version: Output[int]
    pending_version: Output[Any]
    serial_number: Output[str | None]
    fingerprint: Output[str | None]
    issuer: Output[str | None]
    not_before: Output[str | None]
    not_after: Output[str | None]
    signature_algorithm: Output[str | None]
    certificate_pem: Output[str | None]
    certificate_chain_pem: Output[str | None]
    domain_validation_options: Output[list[Any]]
    renewal_eligibility: Output[str | None]
    renewal_due: Output[str | None]
    in_use_by: Output[list[str]]
    failure_reason: Output[str | None]
    browser_trusted: Output[bool]
    tags_all: Output[Any]

    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        domain_name: Input[str] | None = None,
        subject_alternative_names: Input[Sequence[Input[str]]] | None = None,
        validation_method: Input[str] | None = None,
        public_issuer: Input[str] | None = None,
        certificate_authority_arn: Input[str] | None = None,
        certificate_body: Input[str] | None = None,
        private_key: Input[str] | None = None,
        certificate_chain: Input[str] | None = None,
        certificate_signing_request: Input[str] | None = None,
        key_algorithm: Input[str] | None = None,
        signing_algorithm: Input[str] | None = None,
        subject: Input[SubjectArgs] | None = None,
        key_usages: Input[Sequence[Input[str]]] | None = None,
        extended_key_usages: Input[Sequence[Input[str]]] | None = None,
        custom_extensions: Input[Sequence[Input[CustomExtensionArgs]]] | None = None,
        api_passthrough: Input[ApiPassthroughArgs | str] | None = None,
        template_arn: Input[str] | None = None,
        validity: Input[ValidityArgs] | None = None,
        early_renewal_duration: Input[str] | None = None,
        renewal_key_policy: Input[str] | None = None,
        rekey_trigger: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        region: Input[str] | None = None,
    ) -> None:
        """
        domain_name: First name of the certificate; public: its common name, so at most 64 characters.
            Required unless imported or signed. Private certificates may name anything: `wiki.internal`,
            `192.168.1.1`, `fire-sensor-123`.
        subject_alternative_names: Further names, in any order: DNS names by default; IP addresses,
            `mailbox@host` and `scheme://…` are recognised; the prefixes `dns:` `ip:` `email:` `uri:` `upn:`
            `dn:` force the kind.
        validation_method: `DNS`: makes it a public-kind certificate, whose names have to be proved.
        public_issuer: Who signs a public-kind certificate: the ARN of a private CA, or `bundled` (a root and
            an issuing CA that are made at first use). Not trusted by browsers. Default: the provider's
            `publicIssuer`.
        certificate_authority_arn: Makes it a private certificate: the CA that signs it (also of a certificate
            by CSR).
        certificate_body: PEM of a foreign certificate to import.
        private_key: PEM of the imported certificate's private key, unencrypted, at most 5120 bytes. May be
            left out when the stored version has the same body.
        certificate_chain: PEM of the imported certificate's issuers.
        certificate_signing_request: PEM of a request (PKCS#10): the key never reaches certwright. Needs
            `certificateAuthorityArn`.
        key_algorithm: Default: `RSA_2048` under an RSA CA, else `EC_prime256v1`. Not for imported and signed
            certificates.
        signing_algorithm: Algorithm of the CA's signature on a private or signed certificate; it must fit the
            CA's key. Default: the CA's own `signingAlgorithm`.
        subject: Subject of a private or signed certificate; default: the first name as common name, where it
            fits.
        key_usages: Key usages of a private or signed certificate; default: those of its template.
        extended_key_usages: Extended key usages, by ACM PCA's name (`SERVER_AUTH` …) or object identifier.
        custom_extensions: Further extensions.
        api_passthrough: What a private or signed certificate adds to its template, as ACM PCA's
            ApiPassthrough; an object, or its JSON text where the program's language allows it (AWS's spelling
            is accepted there). Needs a `templateArn` with `_APIPassthrough` or `_APICSRPassthrough`.
        template_arn: Profile of a private or signed certificate, as ACM PCA names it: `EndEntityCertificate`
            (default), `EndEntityServerAuthCertificate`, `EndEntityClientAuthCertificate`,
            `CodeSigningCertificate`, `OCSPSigningCertificate`, by name or as
            `arn:aws:acm-pca:::template/NAME/V1`; with `_APIPassthrough`, `_CSRPassthrough` or
            `_APICSRPassthrough` behind it, values of `apiPassthrough` or of the CSR are let through.
            `BlankEndEntityCertificate` and `BlankEndEntityCertificate_CriticalBasicConstraints`, only with
            such a suffix, fix no usages. Order: template, API, CSR.
        validity: How long it is valid. Default: private 395 days, public by the provider's `validityProfile`,
            both cut at the CA's end; a stated one beyond the CA's end is refused.
        early_renewal_duration: How long before expiry the renewal window opens: `P60D`, `1440h` or `33%`.
            Default: the smaller of 60 days and a third of the lifetime.
        renewal_key_policy: `REKEY` (default): a renewal makes a new key; `REUSE`: it keeps the key.
        rekey_trigger: Any text: a new value makes a new version with a new key.
        tags: Tags.
        region: Region; default: the provider's.
        """
        super().__init__(
            resource_name,
            opts,
            domain_name=domain_name,
            subject_alternative_names=subject_alternative_names,
            validation_method=validation_method,
            public_issuer=public_issuer,
            certificate_authority_arn=certificate_authority_arn,
            certificate_body=certificate_body,
            private_key=private_key,
            certificate_chain=certificate_chain,
            certificate_signing_request=certificate_signing_request,
            key_algorithm=key_algorithm,
            signing_algorithm=signing_algorithm,
            subject=subject,
            key_usages=key_usages,
            extended_key_usages=extended_key_usages,
            custom_extensions=custom_extensions,
            api_passthrough=api_passthrough,
            template_arn=template_arn,
            validity=validity,
            early_renewal_duration=early_renewal_duration,
            renewal_key_policy=renewal_key_policy,
            rekey_trigger=rekey_trigger,
            tags=tags,
            region=region,
        )


class CertificateValidation(CertwrightResource, module="certwright", name="CertificateValidation"):
    """Waits until a certificate is issued, and waits again for each new version. Progress stands on the resource's
    own row; an interrupted or timed-out wait is taken up again by the next `pulumi up`.
    """

    _provider_class = providers.CertificateValidationProvider
    certificate_arn: Output[str]
    validation_record_fqdns: Output[list[str] | None]
    dns_writer: Output[Any]
    region: Output[str | None]
    status: Output[str]
    store_id: Output[str]
    validated_version: Output[int]
    serial_number: Output[str | None]
    not_after: Output[str | None]
    fingerprint: Output[str | None]
    certificate_pem: Output[str | None]
    certificate_chain_pem: Output[str | None]
    issued_at: Output[str | None]
    domain_validations: Output[list[Any]]

    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        certificate_arn: Input[str],
        validation_record_fqdns: Input[Sequence[Input[str]]] | None = None,
        dns_writer: Input[str | InlineDnsWriterArgs] | None = None,
        region: Input[str] | None = None,
    ) -> None:
        """
        certificate_arn: ARN of the certificate to wait for.
        validation_record_fqdns: Names of the validation records that the program makes: a missing one is
            named at once.
        dns_writer: Who writes the validation records: the name of a configured DNS writer
            (`certwright:dnsWriters`), or one that is described here. Without it the records are the program's
            own. What a configured writer wrote goes with the certificate, what an inline one wrote goes with
            this resource, which has its key.
        region: Region; default: the provider's.
        """
        super().__init__(
            resource_name,
            opts,
            certificate_arn=certificate_arn,
            validation_record_fqdns=validation_record_fqdns,
            dns_writer=dns_writer,
            region=region,
        )


class PrivateCertificateAuthority(CertwrightResource, module="certwright", name="PrivateCertificateAuthority"):
    """A private certificate authority, ACTIVE after one create: a ROOT that signs itself, or a SUBORDINATE signed
    by `parentArn`.
    """

    _provider_class = providers.PrivateCertificateAuthorityProvider
    type: Output[str]
    certificate_authority_configuration: Output[Any]
    parent_arn: Output[str | None]
    validity: Output[Any]
    path_length: Output[int | None]
    usage_mode: Output[str | None]
    enabled: Output[bool | None]
    permanent_deletion_time_in_days: Output[int | None]
    early_renewal_duration: Output[str | None]
    tags: Output[Any]
    region: Output[str | None]
    arn: Output[str]
    store_id: Output[str]
    status: Output[str]
    version: Output[int]
    certificate: Output[str | None]
    certificate_chain: Output[str | None]
    serial: Output[str | None]
    fingerprint: Output[str | None]
    not_before: Output[str | None]
    not_after: Output[str | None]
    renewal_due: Output[str | None]
    tags_all: Output[Any]

    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        type: Input[str],
        certificate_authority_configuration: Input[CertificateAuthorityConfigurationArgs],
        parent_arn: Input[str] | None = None,
        validity: Input[ValidityArgs] | None = None,
        path_length: Input[int] | None = None,
        usage_mode: Input[str] | None = None,
        enabled: Input[bool] | None = None,
        permanent_deletion_time_in_days: Input[int] | None = None,
        early_renewal_duration: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        region: Input[str] | None = None,
    ) -> None:
        """
        type: `ROOT` (signs itself) or `SUBORDINATE` (signed by `parentArn`).
        certificate_authority_configuration: Key algorithm (a change makes a new key), signing algorithm, and
            subject (a change replaces).
        parent_arn: ARN of the authority that signs a SUBORDINATE.
        validity: How long its certificate is valid. Default: ROOT 10 years, SUBORDINATE 5 years, cut at the
            parent's end.
        path_length: How many authorities may follow below it; default: no limit under an unlimited parent,
            else one less than the parent's.
        usage_mode: `GENERAL_PURPOSE` (default), or `SHORT_LIVED_CERTIFICATE`: what it signs lives 7 days at
            most.
        enabled: Whether it signs; `false` disables it.
        permanent_deletion_time_in_days: Days in which a deleted authority can be restored: 7 to 30, default
            30.
        early_renewal_duration: How long before expiry its renewal window opens: `P60D`, `1440h` or `33%`.
        tags: Tags.
        region: Region; default: the provider's.
        """
        super().__init__(
            resource_name,
            opts,
            type=type,
            certificate_authority_configuration=certificate_authority_configuration,
            parent_arn=parent_arn,
            validity=validity,
            path_length=path_length,
            usage_mode=usage_mode,
            enabled=enabled,
            permanent_deletion_time_in_days=permanent_deletion_time_in_days,
            early_renewal_duration=early_renewal_duration,
            tags=tags,
            region=region,
        )


class CertificateAssociation(CertwrightResource, module="certwright", name="CertificateAssociation"):
    """A certificate on a target: certificate, chain and key get there at once or not at all, and a real TLS
    handshake proves that the new certificate is served, where an endpoint can be reached.
    """

    _provider_class = providers.CertificateAssociationProvider
    certificate_arn: Output[str]
    target: Output[Any]
    verify: Output[Any]
    region: Output[str | None]
    arn: Output[str]
    store_id: Output[str]
    status: Output[str]
    deployed_version: Output[int]
    deployed_serial_number: Output[str | None]
    deployed_at: Output[str | None]
    host: Output[str | None]
    endpoints: Output[list[Any]]

    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        certificate_arn: Input[str],
        target: Input[TargetArgs],
        verify: Input[VerifyArgs] | None = None,
        region: Input[str] | None = None,
    ) -> None:
        """
        certificate_arn: ARN of the certificate; take it from its CertificateValidation, so that the
            association waits for it.
        target: Where it is served: exactly one kind. Another kind or place replaces the association.
        verify: How to prove that it is served.
        region: Region; default: the provider's.
        """
        super().__init__(
            resource_name,
            opts,
            certificate_arn=certificate_arn,
            target=target,
            verify=verify,
            region=region,
        )
