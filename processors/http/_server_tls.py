"""TLS of an address: who the server is, and whom it lets in."""

from __future__ import annotations

import ssl
from typing import ClassVar

from engine import Mistake, Parameters, refuse
from processors.http._tls import PemFile


class ServerTls(Parameters):
    """The certificate of an address; TLS is 1.2 or later."""

    certificate: PemFile
    """A PEM file with the certificate, and the authorities between it and one that callers trust."""

    key: PemFile | None = None
    """A PEM file with the private key; the one of the certificate, if left out."""

    password: str | None = None
    """The password of the private key."""

    client_ca: PemFile | None = None
    """A PEM file with an authority: only callers with a certificate of it are let in."""

    context: ClassVar[ssl.SSLContext]

    def __post_init__(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        self._load_certificate(context)
        if self.client_ca:
            self._load_authority(context, self.client_ca)
        self._prepare(context=context)

    def _load_certificate(self, context: ssl.SSLContext) -> None:
        password = self.password or ""
        try:
            context.load_cert_chain(self.certificate, self.key, lambda: password)
        except (ssl.SSLError, OSError):
            files = f"the certificate '{self.certificate}'" + (f" with the key '{self.key}'" if self.key else "")
            expected = "a certificate and its private key in PEM format, with the password of the key if it has one"
            refuse([Mistake("F303", f"{files}, which cannot be used", expected)])

    def _load_authority(self, context: ssl.SSLContext, file: PemFile) -> None:
        try:
            context.load_verify_locations(file)
        except (ssl.SSLError, OSError):
            refuse([Mistake("F303", f"the authority '{file}', which cannot be used", "certificates in PEM format")])
        context.verify_mode = ssl.CERT_REQUIRED
