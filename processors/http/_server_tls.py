"""TLS of an address: the server's certificate, and the callers it admits."""

from __future__ import annotations

import ssl

from engine import Parameters, prepared
from processors.http._tls import PemFile, load_authority, load_certificate


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

    context: ssl.SSLContext = prepared()

    def __post_init__(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        load_certificate(context, self.certificate, self.key, self.password)
        if self.client_ca:
            load_authority(context, self.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        self._prepare(context=context)
