"""The lints, one explicit tuple: a new lint is a function, a line here and a vector in its test."""

from __future__ import annotations

from cryptography import x509

from certwright.domain.lints import extensions, frame, keys, names, public
from certwright.domain.lints.specimen import Circumstances, Lint, LintResult, Severity, Specimen

LINTS: tuple[Lint, ...] = (
    frame.serial_positive,
    frame.serial_size,
    frame.serial_entropy,
    frame.version_3,
    frame.validity_order,
    frame.validity_within_issuer,
    frame.issuer_not_empty,
    frame.ca_subject_not_empty,
    frame.subject_lengths,
    frame.subject_values,
    frame.subject_trimmed,
    frame.country_two_letters,
    frame.signature_strength,
    keys.key_kind,
    keys.rsa_size,
    keys.rsa_exponent,
    keys.rsa_modulus_odd,
    keys.public_key_kind,
    names.san_present,
    names.san_critical_when_subject_empty,
    names.san_not_critical_with_subject,
    names.san_not_empty,
    names.san_unique,
    names.dns_name_syntax,
    names.email_and_uri_syntax,
    names.common_name_in_san,
    extensions.ca_basic_constraints,
    extensions.path_length_below_issuer,
    extensions.key_usage_present,
    extensions.key_usage_critical,
    extensions.key_usage_not_empty,
    extensions.key_cert_sign_only_ca,
    extensions.key_usage_fits_key,
    extensions.extended_key_usage_fits_profile,
    extensions.extended_key_usage_unique,
    extensions.any_extended_key_usage,
    extensions.ocsp_no_check,
    extensions.subject_key_identifier,
    extensions.authority_key_identifier,
    extensions.extension_values_not_empty,
    extensions.name_constraints_only_ca,
    extensions.pointers_are_http,
    public.public_validity_cap,
    public.public_names_are_dns,
    public.public_dns_names,
    public.public_subject_cn_only,
    public.public_key_usage,
    public.public_extended_key_usage,
    public.public_basic_constraints_critical,
    public.public_policy,
    public.public_signature,
    public.public_authority_information_access,
)


def run(certificate: x509.Certificate, circumstances: Circumstances) -> tuple[LintResult, ...]:
    """Everything that the lints object to, in registry order.

    A certificate whose names, key or extensions cannot be parsed, or whose extensions are repeated, gives the one
    result lint.unreadable.
    """
    try:
        specimen = Specimen(certificate, circumstances)
    except Exception as error:  # duplicates and malformed values surface as several kinds
        message = f"the certificate cannot be read: {' '.join(str(error).split())[:160]}"
        return (LintResult(code="lint.unreadable", severity=Severity.ERROR, message=message, source="RFC 5280 4.2"),)
    results: list[LintResult] = []
    for lint in LINTS:
        objection = lint.check(specimen)
        if objection is not None:
            results.append(LintResult(code=lint.code, severity=lint.severity, message=objection, source=lint.source))
    return tuple(results)


def errors(results: tuple[LintResult, ...]) -> tuple[LintResult, ...]:
    return tuple(result for result in results if result.severity is Severity.ERROR)
