"""TLS contexts. Java's key stores are not PEM files, which are needed here."""

from __future__ import annotations

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

OF_LISTENERS, OF_REQUESTS = "listener", "request"
TO_PEM = "export it as PEM (keytool -exportcert -rfc, openssl pkcs12)"
ADVICE = {
    (OF_LISTENERS, "tls:key-store"): Advice(
        "a Java key store is no PEM file; until then the listener answers without TLS",
        f"{TO_PEM}, and name it under tls: {{certificate: …, key: …}}",
        "S",
    ),
    (OF_LISTENERS, "tls:trust-store"): Advice(
        "a Java trust store is no PEM file; until then any caller is let in", f"{TO_PEM}, and name it: clientCa", "S"
    ),
    (OF_REQUESTS, "tls:key-store"): Advice(
        "a Java key store is no PEM file; until then requests go without a certificate",
        f"{TO_PEM}, and name it under tls: {{certificate: …, key: …}}",
        "S",
    ),
    (OF_REQUESTS, "tls:trust-store"): Advice(
        "a Java trust store is no PEM file; until then the system's authorities are trusted",
        f"{TO_PEM}, and name it: tls: {{ca: …}}",
        "S",
    ),
}
NO_MATTER = ("enabledProtocols", "enabledCipherSuites", "name")
REVOCATION = Advice("certificates are not checked for revocation", "a proxy in front that does", "M")


def context_of(conversion: Conversion, node: Node, kind: str) -> Params:
    """Return the TLS of a config; key stores are gaps."""
    tls: Params = {}
    for name in node.attributes:
        if name in NO_MATTER[:2]:
            conversion.note(node, f"{name} of tls:context", "protocols and ciphers are those of Python's ssl")
    for each in node.elements:
        if each.get("insecure") == "true":
            tls |= {"insecure": True} if kind == OF_REQUESTS else {}
        elif each.name in ("tls:key-store", "tls:trust-store"):
            if each.get("path"):
                conversion.gap(each, f"{each.name} {each.get('path')}", ADVICE[kind, each.name])
        else:
            conversion.gap(each, each.name, REVOCATION)
    return tls
