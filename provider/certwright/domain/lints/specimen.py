"""What a lint sees, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from certwright.domain.extension import KeyUsage, key_usages_of
from certwright.domain.profile import PROFILES, Profile, ProfileName
from certwright.domain.validity import ValidityProfile

Value = TypeVar("Value", bound=x509.ExtensionType)


class Severity(StrEnum):
    """ERROR stops the signature; WARNING is reported; NOTICE is for the curious."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the certificate itself does not say. None: not known, and the lints that need it keep silent.

    issuer_path_length: the issuer's pathLenConstraint; None also when it has none.
    issued_at: the day that decides the public cap; notBefore, which is backdated, where it is not known.
    """

    profile: ProfileName | None = None
    issued_at: datetime | None = None
    issuer_not_before: datetime | None = None
    issuer_not_after: datetime | None = None
    issuer_path_length: int | None = None
    validity_profile: ValidityProfile = ValidityProfile.BR


class Specimen:
    """A parsed certificate with its extensions by identifier, parsed once for all lints."""

    __slots__ = (
        "certificate",
        "circumstances",
        "extensions",
        "is_ca",
        "key_usages",
        "profile",
        "public_key",
        "rsa",
        "sans",
    )

    def __init__(self, certificate: x509.Certificate, circumstances: Circumstances) -> None:
        self.certificate = certificate
        self.circumstances = circumstances
        name = circumstances.profile
        self.profile: Profile | None = None if name is None else PROFILES[name]
        self.extensions: dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]] = {
            extension.oid: extension for extension in certificate.extensions
        }
        self.public_key = certificate.public_key()
        self.rsa: rsa.RSAPublicKey | None = self.public_key if isinstance(self.public_key, rsa.RSAPublicKey) else None
        basic, san = self.value(x509.BasicConstraints), self.value(x509.SubjectAlternativeName)
        usage = self.value(x509.KeyUsage)
        self.is_ca: bool = basic is not None and basic.ca
        self.sans: tuple[x509.GeneralName, ...] = () if san is None else tuple(san)
        self.key_usages: frozenset[KeyUsage] | None = None if usage is None else key_usages_of(usage)
        # Names are parsed lazily: a malformed one shows here, not in the middle of a lint.
        _ = (certificate.subject, certificate.issuer)

    def value(self, kind: type[Value]) -> Value | None:
        """The value of an extension, None when the certificate does not have it."""
        extension = self.extensions.get(kind.oid)
        # By exact type: these classes are abstract, and isinstance would cost more than the lint that asks.
        return extension.value if extension is not None and type(extension.value) is kind else None

    def critical(self, kind: type[x509.ExtensionType]) -> bool:
        extension = self.extensions.get(kind.oid)
        return extension is not None and extension.critical

    @property
    def public(self) -> bool:
        return self.profile is not None and self.profile.public


Check = Callable[[Specimen], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One rule. `check` answers None, or a sentence that says what is wrong."""

    name: str
    severity: Severity
    source: str
    check: Check

    @property
    def code(self) -> str:
        return f"lint.{self.name}"


def rule(source: str, severity: Severity = Severity.ERROR) -> Callable[[Check], Lint]:
    """Makes a lint of a function; the function's name is the lint's."""

    def make(check: Check) -> Lint:
        name: str = getattr(check, "__name__", "")
        return Lint(name=name, severity=severity, source=source, check=check)

    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    code: str
    severity: Severity
    message: str
    source: str
