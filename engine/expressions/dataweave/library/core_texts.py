"""Functions of dw::Core over texts."""

from __future__ import annotations

from engine.expressions.dataweave.library.declaring import defined


@defined("dw::Core", "upper", "(text: String) -> String", "(text: Null) -> Null")
def upper(text: str) -> str:
    """Return the text in upper case."""
    return text.upper()


@defined("dw::Core", "lower", "(text: String) -> String", "(text: Null) -> Null")
def lower(text: str) -> str:
    """Return the text in lower case."""
    return text.lower()


@defined("dw::Core", "trim", "(text: String) -> String", "(text: Null) -> Null")
def trim(text: str) -> str:
    """Return the text without blanks at its beginning and end."""
    return text.strip()
