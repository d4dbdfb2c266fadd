"""TLS: whom a client trusts, and who it is."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from engine import Field, Mistake, Parameters, refuse, shown


def _beside(value: Any) -> Any:
    """The file of a name beside the flow file."""
    place = getattr(value, "place", None)
    file = (Path(place.file).parent if place else Path()) / value if isinstance(value, str) else None
    if file is None or not file.is_file():
        refuse([Mistake("F303", f"the file {shown(value)}, which is not there", "a PEM file beside the flow file")])
    return file


PemFile = Annotated[Path, BeforeValidator(_beside)]
"""A file in PEM format; a relative name starts at the folder of the flow file."""


class TrustStore(Parameters):
    """Whom to trust."""

    path: PemFile | None = None
    """A PEM file with the certificates to trust, such as the one of your own authority; the system's, if left out."""

    insecure: bool = False
    """Accept any certificate: whoever is in between can read and change everything. For tests only."""


class KeyStore(Parameters):
    """Who the client is."""

    path: PemFile
    """A PEM file with the client's certificate, and the authorities between it and a trusted one."""

    key_path: PemFile | None = None
    """A PEM file with the private key; the one of the certificate, if left out."""

    key_password: str | None = None
    """The password of the private key."""


class TlsContext(Parameters):
    """How TLS is spoken: 1.2 or later."""

    trust_store: Annotated[TrustStore, Field(alias="trust-store")] = TrustStore()
    """Whom to trust."""

    key_store: Annotated[KeyStore | None, Field(alias="key-store")] = None
    """The client's own certificate, for upstreams that ask for one."""

    context: ClassVar[ssl.SSLContext]

    def __post_init__(self) -> None:
        self._prepare(context=self._made())

    def _made(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.trust_store.path)
            if self.key_store:
                password = self.key_store.key_password or ""
                context.load_cert_chain(self.key_store.path, self.key_store.key_path, lambda: password)
        except (ssl.SSLError, OSError):
            refuse([Mistake("F303", "certificates that cannot be read", "PEM files whose key and password fit")])
        if self.trust_store.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
