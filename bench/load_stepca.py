"""Load on a step-ca: `load_stepca.py SETTINGS CALLERS SECONDS`; prints one JSON object.

Each caller keeps one TLS connection alive, and for each certificate makes a P-256 key, a CSR and a one-time token.
"""

from __future__ import annotations

import http.client
import itertools
import json
import ssl
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from load import drive
from peers.stepca import HOST, base64url

TOKEN_LIFE_S = 300


def token(settings: dict[str, Any], key: Any, name: str) -> str:
    now = int(time.time())
    audience = f"https://{HOST}:{settings['port']}/1.0/sign"
    head = {"alg": "ES256", "kid": settings["kid"], "typ": "JWT"}
    body = {
        "aud": audience, "exp": now + TOKEN_LIFE_S, "iat": now, "nbf": now - 1, "iss": "bench", "jti": uuid.uuid4().hex,
        "sans": [name], "sub": name,
    }  # fmt: skip
    text = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (head, body))
    r, v = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{base64url(r.to_bytes(32, 'big') + v.to_bytes(32, 'big'))}"


def request(name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, False)
    return csr.sign(key, hashes.SHA256()).public_bytes(s.Encoding.PEM).decode("ascii")


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text())
    key = s.load_pem_private_key(settings["key"].encode(), None)
    context = ssl.create_default_context(cafile=settings["root"])
    numbers = itertools.count()

    def caller() -> Any:
        connection = http.client.HTTPSConnection(HOST, settings["port"], context=context, timeout=30)

        def one() -> None:
            name = f"h{next(numbers)}.internal"
            body = json.dumps({"csr": request(name), "ott": token(settings, key, name)})
            connection.request("POST", "/1.0/sign", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                raise RuntimeError(f"step-ca answered {answer.status}: {text[:200]!r}")

        return one

    print(json.dumps(drive(caller, callers=int(sys.argv[2]), seconds=float(sys.argv[3]))))


if __name__ == "__main__":
    main()
