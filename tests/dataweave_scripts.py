"""Runs scripts of a data file. A line is a script and its output (white space is one blank), or that it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine import dataweave
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError


def output_of(script: str) -> str | None:
    """Return the output of a script with one blank in place of white space; None if it fails."""
    try:
        return " ".join(dataweave.run(script, {})[0].decode().split())
    except (EvaluationError, ExpressionSyntaxError):
        return None


def differing(path: Path) -> list[tuple[str, Any, Any]]:
    """Return each script of a file whose output is another one, with both."""
    cases = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = ((case["script"], case.get("output"), output_of(case["script"])) for case in cases)
    return [each for each in found if each[1] != each[2]]
