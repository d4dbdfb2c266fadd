"""What is written as YAML is read as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.loading.files.data import as_data
from engine.loading.files.document import Document
from engine.mule.writing.parts import Part
from engine.mule.writing.yaml import write

XML_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.one_of(
    st.text(XML_CHARACTERS, max_size=40),
    st.text(alphabet=" \n\t#:-[]{}\"'|>&*!%@`,?~\\a1", max_size=12),
    st.sampled_from(
        ["on", "1e3", "0x1", "~", "null", "2024-01-01", "#[a]", "a: b", "a #b", "- x", "", " x", "x ", "\n", "a\n\n"]
    ),
)
SCALARS = st.one_of(TEXTS, st.integers(-(10**18), 10**18), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS.filter(bool), inner, max_size=4)),
    max_leaves=12,
)


def read(text: str) -> Any:
    document = Document("a.yaml", text)
    assert document.mistakes == []
    return as_data(document.data)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.dictionaries(st.sampled_from(["flows", "configs", "x"]), VALUES, min_size=1))
def test_anything_comes_back(sections: dict[str, Any]) -> None:
    assert read(write(sections)) == sections


def commented(value: Any) -> Any:
    """Put a comment above everything."""
    if isinstance(value, dict):
        return {key: Part(commented(each), None, ["a: [b\n#[c]"]) for key, each in value.items()}
    return [Part(commented(each), None, ["- x"]) for each in value] if isinstance(value, list) else value


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.dictionaries(st.sampled_from(["flows", "configs", "x"]), VALUES, min_size=1))
def test_comments_change_nothing(sections: dict[str, Any]) -> None:
    assert read(write(commented(sections), "head")) == sections


def test_parts_learn_their_lines() -> None:
    inner, outer = Part("x", None, ["c"]), Part({}, None)
    outer.value = {"a": 1, "b": [inner]}
    text = write({"flows": {"f": outer}}, "head")
    lines = text.splitlines()
    assert lines[inner.lines[0] - 1].strip() == "- x"
    assert lines[outer.lines[0] - 1] == "  f:"
    assert outer.lines[1] == len(lines)


@pytest.mark.parametrize("text", ["plain", "a b", "http://x/y", "post:\\a\\(b):c", "/a/*", "DB:CONNECTIVITY"])
def test_usual_texts_need_no_quotes(text: str) -> None:
    assert write({"x": text}) == f"x: {text}\n"
