"""Files of the catalog of mistakes that say in words what to write: one for each kind of fix."""

from __future__ import annotations

from pathlib import Path

MISTAKES = Path(__file__).parent / "mistakes"
NAMES = (
    "alias-shared", "bare-number-in-list", "cut-alias", "cut-alias-in-braces", "cut-ampersand-name", "cut-bar",
    "cut-brace-in-path", "cut-bracket-in-braces", "cut-colon-in-braces", "cut-colon-in-text", "cut-quote", "cut-sql",
    "cut-type", "default-handler-unknown", "config-with-mistakes-is-known", "unquoted-expression",
    "several-in-one-file", "unknown-function", "unknown-config", "error-mappings",
)  # fmt: skip


def expected_fixes() -> list[Path]:
    return [MISTAKES / f"{name}.yaml" for name in NAMES]
