"""DataWeave 2 from Python: scripts that are run on texts, bytes or values.

from engine import dataweave
dataweave.run("%dw 2.0 output application/json --- payload.a", {"payload": (b'{"a": 1}', "application/json")})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.expressions.dataweave.inputs import USUAL
from engine.expressions.dataweave.manual import declared, lines, page
from engine.expressions.dataweave.script import CompiledScript, compiled

__all__ = ["compile", "declared", "lines", "page", "run"]


def run(script: str, inputs: Mapping[str, Any] | None = None) -> tuple[bytes, str]:
    """Return the result of a script as bytes, and its media type: application/dw if the script names none.

    inputs: by name, bytes or a text with a media type, `(b"…", "application/json")`, or a plain value.
    Raises ExpressionSyntaxError for a script that cannot be compiled, EvaluationError for one that fails.
    """
    return compiled(script, tuple(inputs or ())).run(inputs)


def compile(
    script: str,
    inputs: Iterable[str] = USUAL,
    load: Callable[[str], str] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> CompiledScript:  # shadows the builtin, as re.compile does
    """Return a script that can be run many times: `.run(inputs)` as above, `.evaluate(inputs)` to get the value.

    inputs: the names that the script may use. load: returns the text of a .dwl file that the script imports, by its
    name; raises KeyError if there is none. functions: further functions that it may call, such as `lookup`.
    Raises ExpressionSyntaxError.
    """
    return CompiledScript(script, inputs, load, functions)
