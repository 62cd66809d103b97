"""SEC-2: every key and token that a full run made is searched for in all that the run left and said."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from builders import pki
from certwright.domain.keyspec import KeyAlgorithm, generate_private_key
from certwright.engine.records import KeyRecord
from chaos.secretsearch import assert_not_in, assert_nowhere, forms_of_key, secrets_of
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from live.harness import TYPES, Stack, authorities, directory_association, wiki
from live.publicworld import TSIG_SECRET, public, settings, validation, world

pytestmark = pytest.mark.needs_pulumi

LOUD = ("-v=9", "--logtostderr", "--logflow")


def imported() -> tuple[dict[str, object], bytes]:
    import datetime as dt

    now = dt.datetime.now(dt.UTC)
    key = generate_private_key(KeyAlgorithm.RSA_2048)
    above = pki.authority("Foreign Root", number=7, at=now)
    leaf = pki.leaf(above, private_key=key, at=now)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    properties = {
        "certificateBody": leaf.public_bytes(Encoding.PEM).decode(),
        "certificateChain": above.certificate.public_bytes(Encoding.PEM).decode(),
        "privateKey": pem.decode(),
    }
    return {"type": TYPES["certificate"], "properties": properties}, pem


@pytest.mark.proves("SEC-2", "IAC-4", "CRT-2", "SEC-6")
def test_no_secret_of_a_full_run_is_anywhere(empty: Stack, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    foreign, foreign_pem = imported()
    with world() as dns:
        # Secret configuration comes from the environment and not from the settings file, which is the user's own.
        config = settings(dns)
        empty.more |= {"CERTWRIGHT_DNS_WRITERS": str(config.pop("dnsWriters")), "CERTWRIGHT_DEBUG": "1"}
        empty.config = config
        empty.resources.update(
            authorities(),
            wiki=wiki(),
            ed=wiki(domainName="ed.internal", keyAlgorithm="ED25519"),
            www=public(keyAlgorithm="RSA_2048"),
            proved=validation(dnsWriter="corp"),
            onDisk=directory_association(tmp_path / "tls" / "wiki"),
            onEdge=directory_association(tmp_path / "tls" / "www", certificate="proved.certificateArn"),
        )
        for name in ("preview", "up"):
            run = getattr(empty, name)(*LOUD).ok()
            said.append((name, run.text))
        # what was re-issued leaves old keys behind, which are secrets as well
        empty.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["10.0.0.3"]
        secrets = secrets_of(empty, TSIG_SECRET)
        for name, run in (
            ("second up", empty.up(*LOUD).ok()),
            ("refresh", empty.refresh(*LOUD).ok()),
            ("diff", empty.preview("--diff", *LOUD).ok()),
            ("export", empty.run("stack", "export")),
            ("json", empty.preview_json().ok()),
        ):
            said.append((name, run.text))
        secrets |= secrets_of(empty, TSIG_SECRET)
        with empty.services() as services, services.store.read() as reader:
            assert len(reader.all(KeyRecord)) >= 6
        [wrapping] = [p for p in (empty.home / "config").iterdir() if "wrap" in p.name]
        secrets["the wrapping key"] = _key_of(wrapping)
        for where, text in said:
            # -v=9 of the CLI prints its own environment's passphrase nowhere either
            assert_not_in(secrets, text, where=where)
        read = assert_nowhere(secrets, empty.directory, except_below=[wrapping])
        assert read > 10
        # the search itself finds: the target holds the very key that was looked for
        with pytest.raises(AssertionError, match=r"privkey\.pem"):
            assert_nowhere(secrets, tmp_path / "tls", except_below=())

    # an imported key is the user's: in the program, so the program's file is left out, and nowhere else
    empty.resources["foreign"] = foreign
    run = empty.up().ok()
    secrets = forms_of_key("foreign", foreign_pem)
    # The CLI itself logs the whole program at -v=9; without it nothing may be said.
    for where, text in (("up", run.text), ("diff", empty.preview("--diff").ok().text)):
        assert_not_in(secrets, text, where=where)
    assert_nowhere(secrets, empty.directory, except_below=[empty.directory / "project" / "Pulumi.yaml"])


def _key_of(path: Path) -> bytes:
    """The wrapping key's bytes, whatever the file's form: the longest run that decodes."""
    text = path.read_bytes()
    for line in sorted(text.split(), key=len, reverse=True):
        try:
            return base64.b64decode(line, validate=True)
        except ValueError:
            continue
    return text
