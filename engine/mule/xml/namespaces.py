"""The namespaces of Mule's modules, and the prefixes that its documentation gives them."""

from __future__ import annotations

MULE = "http://www.mulesoft.org/schema/mule/"
CORE = f"{MULE}core"
KNOWN = {
    CORE: "",
    f"{MULE}ee/core": "ee",
    f"{MULE}ee/batch": "batch",
    f"{MULE}batch": "batch",
    f"{MULE}ee/tracking": "tracking",
    f"{MULE}ee/wsc": "wsc",
    f"{MULE}ee/domain": "domain",
    f"{MULE}domain": "domain",
    f"{MULE}mule-apikit": "apikit",
    f"{MULE}apikit": "apikit",
    f"{MULE}documentation": "doc",
    f"{MULE}objectstore": "os",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.springframework.org/schema/beans": "spring",
}
"""The prefix of a namespace, unless it is the last part of its name: `…/mule/http` is `http`."""

USUAL = {"mule": "", "apikit": "apikit", "mule-apikit": "apikit", "ee": "ee", "doc": "doc", "xsi": "xsi", "xml": "xml"}
"""What a prefix means that a fragment does not declare, unless it means itself."""


def prefix_of(uri: str) -> str:
    """Return the prefix by which elements of a namespace are known here."""
    if uri in KNOWN:
        return KNOWN[uri]
    return uri.rstrip("/").rpartition("/")[2] or uri
