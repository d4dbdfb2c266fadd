"""Whatever is typed: no exception, and the same mistakes as a fresh check of the same files."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_edits import FLOWS, Copy

SHOP = Path(__file__).parent / "shop"
"""An application whose files depend on each other in many ways: configs, handlers, properties, names of all kinds."""


@pytest.mark.parametrize(
    ("source", "names", "seed", "every"),
    [
        (SHOP, ("*",), 1, 6),
        (SHOP, ("*",), 2, 6),
        (FLOWS, ("bulk-upsert-retry.*", "bulk-upsert.yaml", "*.json"), 3, 10),
    ],
)
def test_the_same_mistakes_as_a_fresh_check(
    source: Path, names: tuple[str, ...], seed: int, every: int, tmp_path: Path
) -> None:
    copy = Copy(source, tmp_path / "flows", seed, names)
    assert list(copy.differences()) == []
    for number in range(1, 101):
        copy.edit()
        copy.look()
        assert number % every or list(copy.differences()) == [], f"after edit {number}"
    assert list(copy.differences()) == []
