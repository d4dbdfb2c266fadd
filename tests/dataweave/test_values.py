"""Values: conversions, formats, comparisons and operators, case by case, as in test_library.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataweave_scripts import differing

FOLDER = Path(__file__).with_name("values")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_values_are_as_in_dataweave(path: Path) -> None:
    assert differing(path) == []
