"""The lints, one explicit tuple: a new lint is a function, a line here and a vector in its test."""

from __future__ import annotations

from cryptography import x509

from certwright.domain.lints.specimen import Circumstances, Lint, LintResult, Severity, Specimen

LINTS: tuple[Lint, ...] = ()


def run(certificate: x509.Certificate, circumstances: Circumstances) -> tuple[LintResult, ...]:
    """Everything that the lints object to, in registry order.

    A certificate whose extensions cannot be parsed or are repeated gives the one result lint.extensions_parse.
    """
    try:
        specimen = Specimen(certificate, circumstances)
    except Exception as error:  # duplicates and malformed values surface as several kinds
        message = f"the extensions cannot be read: {' '.join(str(error).split())[:160]}"
        return (
            LintResult(code="lint.extensions_parse", severity=Severity.ERROR, message=message, source="RFC 5280 4.2"),
        )
    results: list[LintResult] = []
    for lint in LINTS:
        objection = lint.check(specimen)
        if objection is not None:
            results.append(LintResult(code=lint.code, severity=lint.severity, message=objection, source=lint.source))
    return tuple(results)


def errors(results: tuple[LintResult, ...]) -> tuple[LintResult, ...]:
    return tuple(result for result in results if result.severity is Severity.ERROR)
