"""The module Mule: what does not depend on the application. `p` and `lookup` are bound where scripts are compiled."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import truth

MULE = "Mule"


@defined(MULE, "causedBy", "(error: Any, errorType: String, includeSubTypes: Boolean = true) -> Boolean")
def caused_by(error: Any, kind: str, sub_types: bool = True) -> bool:
    """Return whether an error is of a type: `NAMESPACE:NAME`; or below it, unless the last argument is false."""
    get = getattr(error, "get", None)
    found = get("errorType") if get is not None else None
    lineage = _lineage(found) if truth(sub_types) else _lineage(found)[:1]
    return any(name == kind or (":" not in kind and name.endswith(f":{kind}")) for name in lineage)


def _lineage(kind: Any) -> list[str]:
    """Return the names of an error's type and of those above it."""
    names: list[str] = []
    while kind is not None and hasattr(kind, "get") and len(names) < LEVELS:
        names.append(f"{kind.get('namespace')}:{kind.get('identifier')}")
        kind = kind.get("parentErrorType")
    return names


LEVELS = 50
"""Types above each other."""
