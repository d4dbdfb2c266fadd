"""TLS: the files it needs, and how a client speaks it."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Mistake, Parameters, prepared, refuse, shown
from engine.connectors import read_file


def _beside(value: Any) -> Any:
    """Return the file of a name beside the flow file."""
    place = getattr(value, "place", None)
    file = (Path(place.file).parent if place else Path()) / value if isinstance(value, str) else Path()
    try:
        read_file(file)
    except (OSError, ValueError) as error:
        is_missing = isinstance(error, (FileNotFoundError, IsADirectoryError))
        wrong = "is not there" if is_missing else "cannot be read"
        refuse([Mistake("F303", f"the file {shown(value)}, which {wrong}", "a PEM file beside the flow file")])
    return file


PemFile = Annotated[Path, BeforeValidator(_beside)]
"""A file in PEM format; a relative name starts at the folder of the flow file."""


def load_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None, password: str | None) -> None:
    """Load a certificate into the context; one that cannot be used is a mistake of the flow file."""
    try:
        context.load_cert_chain(certificate, key, lambda: password or "")
    except (ssl.SSLError, OSError):
        files = f"the certificate '{certificate}'" + (f" with the key '{key}'" if key else "")
        expected = "a certificate and its private key in PEM format, with the password of the key if it has one"
        refuse([Mistake("F303", f"{files}, which cannot be used", expected)])


def load_authority(context: ssl.SSLContext, file: Path) -> None:
    """Make the context trust an authority."""
    try:
        context.load_verify_locations(file)
    except (ssl.SSLError, OSError):
        refuse([Mistake("F303", f"the authority '{file}', which cannot be used", "certificates in PEM format")])


class ClientTls(Parameters):
    """The authorities that a client trusts, and its own certificate; TLS is 1.2 or later."""

    ca: PemFile | None = None
    """A PEM file with the authorities to trust, such as your own; those of the system, if left out."""

    insecure: bool = False
    """Accept any certificate: whoever is in between can read and change everything. For tests only."""

    certificate: PemFile | None = None
    """A PEM file with the client's own certificate, for upstreams that ask for one."""

    key: PemFile | None = None
    """A PEM file with its private key; the one of the certificate, if left out."""

    password: str | None = None
    """The password of the private key."""

    context: ssl.SSLContext = prepared()

    def __post_init__(self) -> None:
        is_usual = not (self.ca or self.certificate or self.insecure)
        self._prepare(context=_usual_context() if is_usual else self._own_context())

    def _own_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if self.ca or self.insecure else ssl.create_default_context()
        if self.ca:
            load_authority(context, self.ca)
        if self.certificate:
            load_certificate(context, self.certificate, self.key, self.password)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@cache
def _usual_context() -> ssl.SSLContext:
    """Return the context of all clients without settings of their own: reading the system's authorities takes long."""
    return ssl.create_default_context()
