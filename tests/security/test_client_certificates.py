"""Callers who prove with a certificate who they are: who is let in, what a flow knows of them, and what is theirs."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from server.running import Running

NOW = datetime.now(UTC)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, tls: {certificate: server.pem, key: server.pem, clientCa: ca.pem}}}
  Runs: {os:object-store: {persistent: false}}
flows:
  who:
    source: {http:listener: {config-ref: Api, path: /who, allowedMethods: GET}}
    steps: [{set-payload: {value: "#[attributes.clientCertificate]"}}]
  orders:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: POST, idempotency: {}}}
    steps: &count
      - os:increment: {objectStore: Runs, key: "#[attributes.requestPath]", target: run}
      - set-payload: {value: {run: "#[vars.run]", who: "#[attributes.clientCertificate.subject.commonName]"}}
  cached:
    source: {http:listener: {config-ref: Api, path: /cached, allowedMethods: POST}}
    steps: [{cache: {key: payload, steps: *count}}]
"""


class Authority:
    """Issues certificates; its own is of the name given."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._builder(self.name, self.key, -timedelta(days=1), timedelta(days=30))
        self.certificate = builder.add_extension(constraints, critical=True).sign(self.key, hashes.SHA256())

    def _builder(self, subject: x509.Name, key: Any, since: timedelta, until: timedelta) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(NOW + since).not_valid_after(NOW + until)

    def issue(
        self,
        file: Path,
        name: str,
        usage: x509.ObjectIdentifier | None = CLIENT,
        *,
        since: timedelta = -timedelta(days=1),
        until: timedelta = timedelta(days=30),
    ) -> Path:
        """A file with a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        names = x509.SubjectAlternativeName(
            [x509.DNSName(f"{name}.example.org"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        builder = self._builder(subject, key, since, until).add_extension(names, critical=False)
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        unlocked = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked)
        certificate = builder.sign(self.key, hashes.SHA256())
        file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        return file


class Callers:
    """A server, and clients that show it certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours, self.other = Authority("Ours"), Authority("Ours")
        (folder / "ca.pem").write_bytes(self.ours.certificate.public_bytes(serialization.Encoding.PEM))
        self.ours.issue(folder / "server.pem", "server", SERVER)
        (folder / "flows.yaml").write_text(FLOWS)
        self.server: Running

    def ask(self, method: str, path: str, shown: Path | None, **request: Any) -> httpx.Response:
        trust = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if shown is not None:
            trust.load_cert_chain(shown)
        with httpx.Client(base_url=f"https://127.0.0.1:{self.server.port}", verify=trust, trust_env=False) as client:
            return client.request(method, path, **request)

    def issue(self, name: str, **options: Any) -> Path:
        return self.ours.issue(self.folder / f"{name}.pem", name, **options)


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder = tmp_path_factory.mktemp("certificates")
    callers = Callers(folder)
    with Running(folder, str(folder / "flows.yaml"), cwd=folder) as callers.server:
        yield callers


DAY = timedelta(days=1)
REFUSED: dict[str, Any] = {
    "none": lambda callers: None,
    "of another authority, of the same name": lambda callers: callers.other.issue(callers.folder / "o.pem", "ada"),
    "expired": lambda callers: callers.issue("expired", since=-2 * DAY, until=-DAY),
    "not yet valid": lambda callers: callers.issue("early", since=DAY, until=2 * DAY),
    "for servers alone": lambda callers: callers.issue("server-only", usage=SERVER),
}


@pytest.mark.parametrize("which", REFUSED)
def test_who_is_not_let_in(callers: Callers, which: str) -> None:
    """The connection ends before a request is read: nothing is in the log but that."""
    with pytest.raises(httpx.TransportError):
        callers.ask("GET", "/who", REFUSED[which](callers))
    assert callers.ask("GET", "/who", callers.issue("ada")).status_code == 200
    assert "Traceback" not in callers.server.log


def test_a_certificate_without_a_purpose_is_for_all(callers: Callers) -> None:
    assert callers.ask("GET", "/who", callers.issue("ada", usage=None)).status_code == 200


def test_what_a_flow_knows_of_a_certificate(callers: Callers) -> None:
    known = callers.ask("GET", "/who", callers.issue("ada")).json()
    assert len(known.pop("serialNumber")) >= 10
    assert known == {
        "subject": {"organizationName": "Acme", "commonName": "ada"},
        "issuer": {"commonName": "Ours"},
        "subjectAltName": {"DNS": ["ada.example.org"], "IP Address": ["127.0.0.1"]},
        "notBefore": (NOW - DAY).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notAfter": (NOW + 30 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@pytest.mark.parametrize("path", ["/orders", "/cached"])
def test_what_one_caller_was_answered_is_not_given_to_another(callers: Callers, path: str) -> None:
    ada, bob = callers.issue("ada"), callers.issue("bob")
    send = {"json": {"id": 1}, "headers": {"Idempotency-Key": "k"}}
    answers = [callers.ask("POST", path, each, **send).json() for each in (ada, bob, ada, bob)]
    assert [(answer["who"], answer["run"]) for answer in answers] == [("ada", 1), ("bob", 2)] * 2
    renewed = callers.ask("POST", path, callers.issue("ada"), **send)
    assert renewed.json() == {"who": "ada", "run": 1}


def test_an_answer_to_a_caller_is_not_for_shared_caches(callers: Callers) -> None:
    ada, bob = callers.issue("ada"), callers.issue("bob")
    answer = callers.ask("GET", "/who", ada)
    assert answer.headers["cache-control"] == "private, no-cache"
    again = {"If-None-Match": answer.headers["etag"]}
    assert callers.ask("GET", "/who", ada, headers=again).status_code == 304
    assert callers.ask("GET", "/who", bob, headers=again).status_code == 200
