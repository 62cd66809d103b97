"""The programs, called once each; certificates go through files in a directory that the caller owns."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from certwright.domain.certificate import bundle_pem
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

BUILT = Path(__file__).parents[2] / ".cache" / "verifiers" / "bin"
TIMEOUT_S = 60


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is verified: the leaf, what stands between, the trust anchor, and for what."""

    leaf: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    root: x509.Certificate
    at: datetime
    host: str = ""
    purpose: str = "any"


def program(name: str) -> str:
    """The path of a program; skips, or in CI fails, where it is missing."""
    found = shutil.which(name) or (str(BUILT / name) if (BUILT / name).exists() else None)
    if found is None:
        reason = f"{name} is not installed; `make test` installs or builds it"
        if os.environ.get("CERTWRIGHT_REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def _write(directory: Path, name: str, certificates: Sequence[x509.Certificate]) -> str:
    path = directory / name
    path.write_text(bundle_pem(certificates))
    return str(path)


OPENSSL_PURPOSES = {"server": "sslserver", "client": "sslclient", "any": "any", "ocsp": "ocsphelper"}
GNUTLS_PURPOSES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2"}
GO_PURPOSES = {"server": "server", "client": "client", "code": "code"}


def openssl(subject: Subject, directory: Path) -> list[str]:
    """`openssl verify -x509_strict` with security level 2."""
    command = [program("openssl"), "verify", "-x509_strict", "-auth_level", "2", "-no-CApath", "-no-CAstore"]
    command += ["-CAfile", _write(directory, "root.pem", [subject.root])]
    command += ["-attime", str(int(subject.at.timestamp()))]
    if subject.intermediates:
        command += ["-untrusted", _write(directory, "chain.pem", subject.intermediates)]
    if purpose := OPENSSL_PURPOSES.get(subject.purpose):
        command += ["-purpose", purpose]
    if subject.host:
        command += ["-verify_hostname", subject.host]
    ended = _run(*command, _write(directory, "leaf.pem", [subject.leaf]))
    return [] if ended.returncode == 0 else [f"{ended.stdout} {ended.stderr}".strip()]


def gnutls(subject: Subject, directory: Path) -> list[str]:
    """`certtool --verify` against the root with the medium profile; it looks at the system's clock."""
    command = [program("certtool"), "--verify", "--verify-profile", "medium"]
    command += ["--load-ca-certificate", _write(directory, "root.pem", [subject.root])]
    command += ["--infile", _write(directory, "full.pem", [subject.leaf, *subject.intermediates])]
    if subject.host:
        command += ["--verify-hostname", subject.host]
    if purpose := GNUTLS_PURPOSES.get(subject.purpose):
        command += ["--verify-purpose", purpose]
    ended = _run(*command)
    return [] if ended.returncode == 0 else [f"{ended.stdout} {ended.stderr}".strip()]


def go(subject: Subject, directory: Path) -> list[str]:
    """Go's crypto/x509 through tools/verifiers/govalidate."""
    command = [program("govalidate"), "-root", _write(directory, "root.pem", [subject.root])]
    if subject.intermediates:
        command += ["-intermediate", _write(directory, "chain.pem", subject.intermediates)]
    command += ["-leaf", _write(directory, "leaf.pem", [subject.leaf])]
    command += ["-at", subject.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "-usage", GO_PURPOSES.get(subject.purpose, "any")]
    if subject.host:
        command += ["-name", subject.host]
    ended = _run(*command)
    answer = json.loads(ended.stdout)
    return [] if answer["ok"] else [str(answer.get("error"))]


def zlint(certificate: x509.Certificate, directory: Path, *, sources: str = "") -> list[str]:
    """Names of zlint's lints of severity warn and above that object."""
    command = [program("zlintrun"), "-min", "warn"]
    if sources:
        command += ["-include-sources", sources]
    ended = _run(*command, _write(directory, "zlint.pem", [certificate]))
    assert ended.returncode == 0, ended.stderr
    return sorted(row["lint"] for row in json.loads(ended.stdout))


def pkilint_pkix(certificate: x509.Certificate) -> list[str]:
    """Codes of pkilint's RFC 5280 findings of severity warning and above."""
    return _pkilint(certificate, "")


def pkilint_br(certificate: x509.Certificate, kind: str) -> list[str]:
    """Codes of pkilint's findings under the Baseline Requirements; kind as in `lint_cabf_serverauth_cert -t`."""
    return _pkilint(certificate, kind)


def _pkilint(certificate: x509.Certificate, kind: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pkilint import loader, validation

        document = loader.load_der_certificate(certificate.public_bytes(Encoding.DER), "certificate")
        results = _validator(kind).validate(document.root)
        if kind:
            from pkilint import finding_filter
            from pkilint.cabf import serverauth

            filters = serverauth.create_serverauth_finding_filters(_kind(kind))
            results, _ = finding_filter.filter_results(filters, results)
    return sorted(
        finding.finding.code
        for result in results
        for finding in result.finding_descriptions
        if finding.finding.severity <= validation.ValidationFindingSeverity.WARNING
    )


def _kind(name: str) -> Any:
    from pkilint.cabf.serverauth import serverauth_constants

    return serverauth_constants.CertificateType.from_option_str(name)


@cache
def _validator(kind: str) -> Any:
    from pkilint.cabf import serverauth
    from pkilint.pkix import certificate, extension, name

    if kind:
        return certificate.create_pkix_certificate_validator_container(
            serverauth.create_decoding_validators(), serverauth.create_validators(_kind(kind))
        )
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )
