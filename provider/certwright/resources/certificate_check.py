"""What Check says about a Certificate: pure objections first, then those that need the store or DNS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certwright.domain.certificate import bundle_pem, sans_of
from certwright.domain.csr import PATH as CSR_PATH
from certwright.domain.csr import csr_findings, parse_csr
from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.identifier import Identifier, IdentifierKind
from certwright.domain.imported import check_import
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm, pair_problem
from certwright.domain.nameset import check_names
from certwright.domain.passthrough import MAX_NAMES
from certwright.domain.renewbefore import parse_renew_before
from certwright.domain.validity import (
    PRIVATE_DEFAULT,
    Validity,
    ValidityProfile,
    Window,
    lifetime_window,
    public_findings,
    public_lifetime,
    validity_window,
)
from certwright.domain.validity import findings as validity_findings
from certwright.domain.values import UNKNOWN, Secret, contains_unknown, reveal
from certwright.engine import caa
from certwright.engine.imports import ImportedMaterial
from certwright.engine.issuing import AUTHORITY, IssuerFacts, at, kind_of, not_found, objection, outside_life
from certwright.engine.leaf import leaf_window
from certwright.engine.ports import Reader
from certwright.engine.records import CertificateRecord, Mode
from certwright.engine.services import Services
from certwright.resources.base import Context, Severity, Tree
from certwright.resources.certificate_model import CertificateInputs
from certwright.resources.certificate_usage import overruled, refusal, usage_findings

CHOICES = (
    "say what it is: validationMethod (public), certificateAuthorityArn (private), certificateBody with privateKey "
    "(imported), or certificateSigningRequest with certificateAuthorityArn (signed)"
)

# Inputs that only make sense in these modes.
_ONLY: dict[str, tuple[Mode, ...]] = {
    "validationMethod": (Mode.PUBLIC,),
    "publicIssuer": (Mode.PUBLIC,),
    "certificateAuthorityArn": (Mode.PRIVATE, Mode.SIGNED),
    "certificateBody": (Mode.IMPORTED,),
    "privateKey": (Mode.IMPORTED,),
    "certificateChain": (Mode.IMPORTED,),
    "certificateSigningRequest": (Mode.SIGNED,),
    "keyAlgorithm": (Mode.PUBLIC, Mode.PRIVATE),
    "renewalKeyPolicy": (Mode.PUBLIC, Mode.PRIVATE),
    "rekeyTrigger": (Mode.PUBLIC, Mode.PRIVATE),
    "earlyRenewalDuration": (Mode.PUBLIC, Mode.PRIVATE),
    "validity": (Mode.PUBLIC, Mode.PRIVATE, Mode.SIGNED),
    "domainName": (Mode.PUBLIC, Mode.PRIVATE, Mode.SIGNED),
    "subjectAlternativeNames": (Mode.PUBLIC, Mode.PRIVATE, Mode.SIGNED),
    "signingAlgorithm": (Mode.PRIVATE, Mode.SIGNED),
    "subject": (Mode.PRIVATE, Mode.SIGNED),
    "keyUsages": (Mode.PRIVATE, Mode.SIGNED),
    "extendedKeyUsages": (Mode.PRIVATE, Mode.SIGNED),
    "customExtensions": (Mode.PRIVATE, Mode.SIGNED),
    "templateArn": (Mode.PRIVATE, Mode.SIGNED),
    "apiPassthrough": (Mode.PRIVATE, Mode.SIGNED),
}
_DECIDING = (
    "certificateSigningRequest",
    "certificateBody",
    "privateKey",
    "certificateAuthorityArn",
    "validationMethod",
)
_WORDS = {Mode.PUBLIC: "a public", Mode.PRIVATE: "a private", Mode.IMPORTED: "an imported", Mode.SIGNED: "a signed"}


def _stated(tree: Tree) -> set[str]:
    return {name for name, value in tree.items() if reveal(value) is not None}


def mode_and_mix(tree: Tree) -> tuple[Mode | None, list[Finding]]:
    """The one mode (CRT-1), and every input that does not belong to it, by name."""
    stated = _stated(tree)
    if "certificateSigningRequest" in stated:
        mode = Mode.SIGNED
    elif stated & {"certificateBody", "privateKey"}:
        mode = Mode.IMPORTED
    elif "certificateAuthorityArn" in stated:
        mode = Mode.PRIVATE
    elif "validationMethod" in stated:
        mode = Mode.PUBLIC
    else:
        return None, [Finding(code="mode.none", message=CHOICES)]
    because = next(name for name in _DECIDING if name in stated)
    findings = [
        Finding(
            code="mode.mixed",
            path=name,
            message=f"does not go with {because}, which makes this {_WORDS[mode]} certificate; leave one of them out",
        )
        for name in sorted(stated)
        if name in _ONLY and mode not in _ONLY[name]
    ]
    needs = {
        Mode.SIGNED: "certificateAuthorityArn",
        Mode.IMPORTED: "certificateBody",
        Mode.PRIVATE: "domainName",
        Mode.PUBLIC: "domainName",
    }[mode]
    if needs not in stated:
        findings.append(
            Finding(code="input.missing", path=needs, message=f"is required for {_WORDS[mode]} certificate")
        )
    return mode, findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the inputs are, and every objection. `names`: those that could be read, of a kind that states them."""

    mode: Mode | None
    findings: list[Finding]
    names: tuple[Identifier, ...] = ()


def judge(services: Services, typed: CertificateInputs, tree: Tree) -> Judged:
    """Everything that can be said without store and network; unknown values are passed over. Reads the names once."""
    mode, findings = mode_and_mix(tree)
    names: tuple[Identifier, ...] = ()
    if mode is None:
        return Judged(mode=None, findings=findings)
    if mode is not Mode.IMPORTED:
        names, problems = check_names(
            typed.domain_name,
            typed.subject_alternative_names,
            public=mode is Mode.PUBLIC,
            limit=services.config.names_limit,
        )
        findings += problems
    findings += usage_findings(mode, typed)
    findings += _times(services, typed, mode)
    if mode is Mode.PUBLIC:
        findings += _public(services, typed, names)
    if mode is Mode.IMPORTED:
        findings += _imported(services, tree)
    if mode is Mode.SIGNED and isinstance(typed.certificate_signing_request, str):
        findings += _signed(typed.certificate_signing_request)
    return Judged(mode=mode, findings=findings, names=names)


def _times(services: Services, typed: CertificateInputs, mode: Mode) -> list[Finding]:
    """Validity and renewal window by themselves, and together: what would be due at once is refused (REN-1)."""
    findings: list[Finding] = []
    early = typed.early_renewal_duration if isinstance(typed.early_renewal_duration, str) else None
    if early is not None:
        findings += refusal(parse_renew_before, early)
    if isinstance(typed.validity, Validity):
        findings += validity_findings(typed.validity)
    stated: object = typed.validity  # UNKNOWN in a preview
    if findings or stated is UNKNOWN:
        return findings
    now = services.clock.now()
    try:
        window = _stated_window(services, typed, mode, now)
    except Refused as refused:
        return list(refused.findings)
    if mode is Mode.PUBLIC:
        findings += public_findings(window, ValidityProfile(services.config.validity_profile), now)
    return findings + parse_renew_before(early).findings(window.not_before, window.not_after)


def _stated_window(services: Services, typed: CertificateInputs, mode: Mode, now: datetime) -> Window:
    if isinstance(typed.validity, Validity):
        return validity_window(typed.validity, now)
    lifetime = PRIVATE_DEFAULT
    if mode is Mode.PUBLIC:
        lifetime = public_lifetime(ValidityProfile(services.config.validity_profile), now)
    return lifetime_window(lifetime, now)


def _public(services: Services, typed: CertificateInputs, names: tuple[Identifier, ...]) -> list[Finding]:
    findings: list[Finding] = []
    if isinstance(typed.validation_method, str):
        findings += _provable(
            services, typed.validation_method, [n.value for n in names if n.kind is IdentifierKind.DNS]
        )
    if typed.key_algorithm is KeyAlgorithm.ED25519:
        findings.append(
            Finding(
                code="key.not_public",
                path="keyAlgorithm",
                message="ED25519 is for private certificates only; use EC_prime256v1",
            )
        )
    issuer = typed.public_issuer
    if isinstance(issuer, str) and (problem := objection(issuer, services.issuers, "publicIssuer")):
        findings.append(problem)
    return findings


def _provable(services: Services, method: str, names: list[str]) -> list[Finding]:
    """What its method of validation has against the request."""
    try:
        validator = services.validator(method)
    except CertwrightError as problem:
        return [Finding(code=problem.code, path="validationMethod", message=problem.message)]
    return validator.findings(names)


def _import_result(services: Services, tree: Tree) -> Any:
    raw = {name: reveal(tree.get(name)) for name in ("certificateBody", "privateKey", "certificateChain")}
    key = raw["privateKey"]
    return check_import(
        raw["certificateBody"], Secret(key) if key is not None else None, raw["certificateChain"], services.clock.now()
    )


def _imported(services: Services, tree: Tree) -> list[Finding]:
    values = [reveal(tree.get(n)) for n in ("certificateBody", "privateKey", "certificateChain")]
    # A value of another type has its finding already; unknown ones are passed over.
    if not isinstance(values[0], str) or not all(v is None or isinstance(v, str) for v in values[1:]):
        return []
    return list(_import_result(services, tree).findings)


def imported_material(services: Services, tree: Tree) -> ImportedMaterial:
    """What the engine keeps of an accepted import. Raises Refused."""
    result = _import_result(services, tree)
    if result.findings:
        raise Refused(result.findings)
    from certwright.domain.certificate import parse_certificate

    body = parse_certificate(str(reveal(tree["certificateBody"])))
    from cryptography.hazmat.primitives.serialization import Encoding

    return ImportedMaterial(
        der=body.public_bytes(Encoding.DER),
        chain_pem=bundle_pem(result.chain),
        key_pkcs8=result.private_key_der.reveal() if result.private_key_der else None,
    )


def _signed(pem: str) -> list[Finding]:
    try:
        request = parse_csr(pem)
    except Refused as refused:
        return list(refused.findings)
    findings = csr_findings(request)
    if (count := len(sans_of(request))) > MAX_NAMES:
        message = f"asks for {count} names; at most {MAX_NAMES} are allowed"
        findings.append(Finding(code="csr.too_many_names", path=CSR_PATH, message=message))
    return findings


def preflight(
    services: Services,
    ctx: Context,
    reader: Reader | None,
    mode: Mode,
    typed: CertificateInputs,
    tree: Tree,
    record: CertificateRecord | None,
    *,
    planned: bool,
) -> list[Finding]:
    """What only the store can tell, asked when an issue is planned: the CA's state, its end."""
    findings: list[Finding] = []
    for sentence in overruled(typed):
        ctx.log(Severity.WARNING, sentence)
    if mode is Mode.IMPORTED:
        return _key_needed(reader, record, tree)
    if not planned:
        return []
    if reader is not None:
        findings += _issuer(services, ctx, reader, mode, typed)
    return findings


def _key_needed(reader: Reader | None, record: CertificateRecord | None, tree: Tree) -> list[Finding]:
    """Without a key only the body that is stored already can be declared."""
    if reveal(tree.get("privateKey")) is not None or contains_unknown(tree.get("certificateBody")):
        return []
    from certwright.domain.certificate import same_pem

    if record is not None and same_pem(record.spec.get("certificateBody"), reveal(tree.get("certificateBody"))):
        return []
    return [
        Finding(code="import.no_key", path="privateKey", message="is required for a certificate that is not stored yet")
    ]


def _issuer(services: Services, ctx: Context, reader: Reader, mode: Mode, typed: CertificateInputs) -> list[Finding]:
    """What the one who is to sign has against it, and who there is not."""
    path = "publicIssuer" if mode is Mode.PUBLIC else "certificateAuthorityArn"
    reference: Any = typed.certificate_authority_arn
    if mode is Mode.PUBLIC:
        reference = typed.public_issuer if typed.public_issuer is not None else services.config.public_issuer
    if not isinstance(reference, str):
        return []
    if mode is not Mode.PUBLIC and kind_of(reference) != AUTHORITY:
        message = f'"{reference[:80]}" is not the ARN of a certificate authority'
        return [Finding(code="arn.invalid", path=path, message=message)]
    if mode is Mode.PUBLIC and (problem := objection(reference, services.issuers, path)):
        return [problem]
    issuer = services.issuer_facts(reader, reference)
    if issuer is None:
        return [not_found(reference, path)]
    if mode is Mode.PUBLIC and not issuer.browser_trusted:
        ctx.log(Severity.DEBUG, "browsers do not trust this certificate: its issuer is a CA of this installation")
    findings = _wanted_by(issuer, typed)
    if issuer.unfinished:
        return findings
    if issuer.may_issue is not None:
        return [*findings, at(issuer.may_issue, path)]
    return [*findings, *_life(services, mode, typed, issuer)]


def _wanted_by(issuer: IssuerFacts, typed: CertificateInputs) -> list[Finding]:
    """What it does not sign: an algorithm that its key cannot make (CRT-8), a leaf's key that it does not take, a validity
    that is its own to set."""
    findings: list[Finding] = []
    stated: object = typed.signing_algorithm
    if issuer.key_algorithm is not None and isinstance(stated, SigningAlgorithm):
        message = pair_problem(issuer.key_algorithm, stated)
        if message:
            findings.append(Finding(code="signing.pair", path="signingAlgorithm", message=message))
    key: object = typed.key_algorithm
    if isinstance(key, KeyAlgorithm) and issuer.leaf_algorithms and key not in issuer.leaf_algorithms:
        known = ", ".join(algorithm.value for algorithm in issuer.leaf_algorithms)
        message = f"{issuer.name} does not sign {key.value}; it signs {known}"
        findings.append(Finding(code="issuer.key_algorithm", path="keyAlgorithm", message=message))
    if issuer.sets_validity and typed.validity is not None:
        message = f"{issuer.name} decides by itself how long its certificates are valid; leave validity out"
        findings.append(Finding(code="issuer.sets_validity", path="validity", message=message))
    return findings


def _life(services: Services, mode: Mode, typed: CertificateInputs, issuer: IssuerFacts) -> list[Finding]:
    now = services.clock.now()
    if (problem := outside_life(issuer.reference, issuer.bounds, now)) is not None:
        return [problem]
    stated = typed.validity if isinstance(typed.validity, Validity) else None
    try:
        leaf_window(services, mode, stated, issuer.bounds, now)
    except Refused as refused:
        return list(refused.findings)
    return []


def caa_identities(services: Services, reader: Reader | None, typed: CertificateInputs) -> tuple[str, ...]:
    """Whom a CAA record has to name, as far as that is known; empty: this installation."""
    reference: Any = typed.public_issuer if typed.public_issuer is not None else services.config.public_issuer
    return services.caa_identities(reader, reference) if reader is not None and isinstance(reference, str) else ()


def caa_findings(
    services: Services, ctx: Context, names: tuple[Identifier, ...], identities: tuple[str, ...]
) -> list[Finding]:
    """CAA-3: a refusal fails the preview; an unanswered look-up only warns there (the issue itself refuses).

    Not inside a read of the store: look-ups take their time.
    """
    asked = [name.value for name in names]
    verdicts = list(zip(asked, services.caa.check(asked, identities=identities, cancel=ctx.cancel), strict=True))
    for sentence in dict.fromkeys(verdict.sentence for _, verdict in verdicts if verdict.allowed is None):
        ctx.log(Severity.WARNING, f"CAA could not be looked up, and issuing needs it: {sentence}")
    return [
        Finding(code="caa.denied", path="domainName", message=f"CAA forbids issuance. {sentence}")
        for sentence in caa.refusals((name, verdict) for name, verdict in verdicts if verdict.allowed is False)
    ]
