"""What stands at a place of a file in the middle of typing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.editor.cursor import cursor_at
from engine.editor.sketching.nodes import Listing, Mapping, Node, Scalar
from engine.editor.sketching.quotes import decoded
from engine.editor.sketching.sketch import sketch

ROOT = Path(__file__).parents[2]
STEPS = ("flows", "f", "steps")
HEAD = "flows:\n  f:\n    steps:\n"
LITERAL = "\n           a: "
FOLDED = "           one\n           t"

# Text with ‸, the path, whether a key stands there, the word before the cursor, the keys beside it.
PLACES: list[tuple[str, tuple[Any, ...], bool, str, tuple[str, ...]]] = [
    ("‸", (), False, "", ()),
    ("fl‸", (), False, "fl", ()),
    ("flows:\n  f: {}\nsub‸", (), True, "sub", ("flows",)),
    ("flows:\n  f:\n    ‸\n", ("flows", "f"), False, "", ()),
    ("flows:\n  f:\n    doc: x\n    st‸\n", ("flows", "f"), True, "st", ("doc",)),
    ("flows:\n  f:\n    steps:\n      - ‸", (*STEPS, 0), False, "", ()),
    ("flows:\n  f:\n    steps:\n    - set-p‸", (*STEPS, 0), False, "set-p", ()),
    ("flows:\n  f:\n    steps:\n      - a: 1\n      - lo‸:\n", (*STEPS, 1), True, "lo", ()),
    ("flows:\n  f:\n    steps:\n      - logger:\n          ‸\n      - b: 1", (*STEPS, 0, "logger"), False, "", ()),
    ("flows:\n  f:\n    steps:\n      - logger: {message: x, le‸", (*STEPS, 0, "logger"), True, "le", ("message",)),
    (f"{HEAD}      - logger: {{message: '#[pay‸}}\n      - b: 1", (*STEPS, 0, "logger", "message"), False, "#[pay", ()),
    ("flows:\n  f:\n    steps: [{logger: {message: ‸}}, {b: 1}]", (*STEPS, 0, "logger", "message"), False, "", ()),
    ("flows:\r\n  f:\r\n    steps:\r\n      - logger:\r\n          mes‸\r\n", (*STEPS, 0, "logger"), False, "mes", ()),
    ("flows:\n\tf:\n\t\tsteps:\n\t\t\t- logger:\n\t\t\t\t\tmes‸\n", (*STEPS, 0, "logger"), False, "mes", ()),
    ("flows:\n  😀:\n    doc: 😀 ‸", ("flows", "😀", "doc"), False, "😀 ", ()),
    ("flows:\n  'a b':\n    ‸", ("flows", "a b"), False, "", ()),
    (f"{HEAD}      - x:\n          y: >-\n           one\n           t‸wo\n", (*STEPS, 0, "x", "y"), False, FOLDED, ()),
    (f"{HEAD}      - x:\n          y: |\n\n           a: ‸\n          z: 1", (*STEPS, 0, "x", "y"), False, LITERAL, ()),
    ("flows:\n  f:\n    steps:\n      - x: {y: &here ‸}", (*STEPS, 0, "x", "y"), False, "", ()),
    ("flows:\n  f:\n    steps: &s\n      - x: {}\n      - ‸", (*STEPS, 1), False, "", ()),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "path", "is_key", "word", "present"), PLACES)
def test_where_the_cursor_stands(
    marked: str, path: tuple[Any, ...], is_key: bool, word: str, present: tuple[str, ...]
) -> None:
    found = cursor_at(marked.replace("‸", ""), marked.index("‸"))
    assert (found.path, found.is_key, found.word, found.present) == (path, is_key, word, present)


@pytest.mark.parametrize("marked", ["# fl‸", "flows: {} # ‸", "flows:\n  f:\n    # ‸\n    steps: []", "a: 'b'‸"])
def test_in_a_comment_and_behind_a_value_nothing_stands(marked: str) -> None:
    assert cursor_at(marked.replace("‸", ""), marked.index("‸")).is_nowhere


def test_what_is_replaced_is_the_whole_word() -> None:
    text = "flows:\n  f:\n    steps:\n      - set-payload: {value: x}\n"
    found = cursor_at(text, text.index("payload"))
    assert (found.word, text[found.start : found.end], found.has_colon) == ("set-", "set-payload", True)


def test_quotes_and_escapes_are_undone_and_each_character_keeps_its_place() -> None:
    source = r'a: "x\"\u00e9😀\n"'
    found = decoded(source, Scalar(3, len(source), '"'))
    assert found.text == 'x"é😀\n'
    assert [source[place] for place in found.places] == ["x", "\\", "\\", "😀", "\\", '"']


def data(node: Node | None, source: str) -> Any:
    if isinstance(node, Mapping):
        return {entry.name: data(entry.value, source) for entry in node.entries}
    if isinstance(node, Listing):
        return [data(item, source) for item in node.items]
    return " ".join(decoded(source, node).text.split()) if node else ""


def normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {normal(key): normal(each) for key, each in value.items()}
    return [normal(each) for each in value] if isinstance(value, list) else " ".join(str(value or "").split())


SHIPPED = sorted([*(ROOT / "flows").glob("*.yaml"), *(ROOT / "tests" / "conformance").glob("*.yaml")])


@pytest.mark.parametrize("path", [path for path in SHIPPED if path.name != "values.yaml"], ids=lambda path: path.name)
def test_a_sketch_of_sound_yaml_is_what_yaml_says(path: Path) -> None:
    """But for anchors and aliases, which it does not follow."""
    source = path.read_text(encoding="utf-8")
    assert data(sketch(source), source) == normal(yaml.load(source, Loader=yaml.BaseLoader))  # noqa: S506  # texts alone


HOSTILE = [
    "[" * 50_000, "{a: " * 20_000, "- " * 50_000, "a:\n" + " " * 100_000 + "b: 1", "a: '" + "x\n" * 50_000,
    "flows:\n" + "".join(f"{' ' * depth}k:\n" for depth in range(2, 900)), "a: #[" + "[" * 100_000,
    '"' * 99_999, "\t" * 100_000,
    "a: |\n" + " x\n" * 50_000, "flows:\n" + "  f: {a: b}\n" * 30_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_end(text: str) -> None:
    for offset in (0, len(text) // 2, len(text)):
        cursor_at(text, offset)


def test_any_beginning_of_a_shipped_flow_has_a_place() -> None:
    source = (ROOT / "flows" / "bulk-upsert.yaml").read_text()
    chance = random.Random(7)  # noqa: S311  # the same places each time
    for cut in sorted(chance.sample(range(len(source)), 120)):
        found = cursor_at(source[:cut], cut)
        assert found.is_nowhere or found.start <= cut <= found.end
