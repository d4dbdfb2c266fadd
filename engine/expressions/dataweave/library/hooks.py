"""What functions of the library need of the engine around them: properties, flows, errors, the log.

The language binds these once (`bind`); a script that runs elsewhere has properties of its own and no flows.

    lookup(flow, payload, timeout in milliseconds) -> payload
    property(name) -> text or None                              p('name') of dw::Mule
    caused_by(error, type) -> whether an error has a type       causedBy of dw::Mule
    tell(prefix, value)                                         log()
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import is_object

logger = logging.getLogger("engine.dataweave")


def _no_flows(flow: str, payload: Any, timeout: int) -> Any:
    raise Failed("lookup needs the flows of an application")


def _is_caused_by(error: Any, kind: str, sub_types: bool = True) -> bool:
    """Return whether an error is of a type: `NAMESPACE:NAME`, or NAME in any namespace; MULE:ANY is every one."""
    found = error.get("errorType") if is_object(error) or hasattr(error, "get") else None
    while found is not None:
        names = str(found.get("namespace") or ""), str(found.get("identifier") or "")
        if kind in (":".join(names), "ANY", "MULE:ANY") or (":" not in kind and kind == names[1]):
            return True
        found = found.get("parentErrorType") if sub_types else None
    return False


def _log(prefix: str, value: Any) -> None:
    logger.info("%s%s", f"{prefix} - " if prefix else "", type(value).__name__)


@dataclass(frozen=True)
class Hooks:
    """The functions that are bound. property_of: returns None for a property that there is not."""

    lookup: Callable[[str, Any, int], Any] = _no_flows
    property_of: Callable[[str], str | None] = lambda name: None
    caused_by: Callable[[Any, str, bool], bool] = _is_caused_by
    tell: Callable[[str, Any], None] = field(default=_log)


_bound = [Hooks()]


def bind(**functions: Callable[..., Any]) -> None:
    """Set some of the functions, for all scripts of the process."""
    _bound[0] = replace(_bound[0], **functions)


def bound() -> Hooks:
    return _bound[0]


def tell(prefix: str, value: Any) -> None:
    _bound[0].tell(prefix, value)
