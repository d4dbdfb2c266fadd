"""The certificate that a caller presented, as `attributes.clientCertificate`."""

from __future__ import annotations

from datetime import UTC, datetime
from ssl import cert_time_to_seconds
from typing import Any

from starlette.types import Scope

from engine.wire.own_server import CONNECTION


def certificate_of(scope: Scope) -> dict[str, Any] | None:
    """Return the contents of a caller's certificate: subject, issuer, other names, serial number, validity.

    None if there is none: the address accepts callers without one, or a server other than ours is running.
    """
    connection = scope.get(CONNECTION)
    shown = connection.get_extra_info("peercert") if connection is not None else None
    if not shown:
        return None
    return {
        "subject": _names(shown.get("subject", ())),
        "issuer": _names(shown.get("issuer", ())),
        "subjectAltName": _by_kind(shown.get("subjectAltName", ())),
        "serialNumber": shown.get("serialNumber"),
        "notBefore": _moment(shown["notBefore"]),
        "notAfter": _moment(shown["notAfter"]),
    }


def subject_of(certificate: dict[str, Any]) -> list[Any]:
    """Return the parts of a certificate that identify its caller and stay when it is renewed."""
    return ["certificate", certificate["issuer"], certificate["subject"], certificate["subjectAltName"]]


def _names(distinguished: Any) -> dict[str, str]:
    """Return a distinguished name as a map: {commonName: ada, organizationName: Acme}."""
    return {name: value for relative in distinguished for name, value in relative}


def _by_kind(names: Any) -> dict[str, list[str]]:
    """Return other names by their kind: {DNS: [ada.example.org], URI: […]}."""
    found: dict[str, list[str]] = {}
    for kind, value, *_ in names:
        found.setdefault(kind, []).append(str(value))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(cert_time_to_seconds(text), UTC)
