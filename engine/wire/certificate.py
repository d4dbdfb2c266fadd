"""The certificate that a caller showed, as `attributes.clientCertificate` has it."""

from __future__ import annotations

from datetime import UTC, datetime
from ssl import cert_time_to_seconds
from typing import Any

from starlette.types import Scope

from engine.wire.own_server import CONNECTION


def certificate_of(scope: Scope) -> dict[str, Any] | None:
    """What the certificate of a caller says: subject, issuer, other names, serial number, and when it holds.

    None where there is none: the address lets in callers without, or another server than ours serves.
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
    """What tells a caller from any other by its certificate, and stays when that is renewed."""
    return ["certificate", certificate["issuer"], certificate["subject"], certificate["subjectAltName"]]


def _names(distinguished: Any) -> dict[str, str]:
    """A distinguished name as a map: {commonName: ada, organizationName: Acme}."""
    return {name: value for relative in distinguished for name, value in relative}


def _by_kind(names: Any) -> dict[str, list[str]]:
    """Other names by their kind: {DNS: [ada.example.org], URI: […]}."""
    found: dict[str, list[str]] = {}
    for kind, value, *_ in names:
        found.setdefault(kind, []).append(str(value))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(cert_time_to_seconds(text), UTC)
