"""Positions of the protocol, of texts and of the loader."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.editor.positions import Lines
from engine.editor.texts import Change, Text, path_of, uri_of
from engine.loading.files.place import Place
from engine.loading.sections import document_of

PIECES = ["a", " ", "\n", "\r", "\r\n", "😀", "é", "\u2028", "\x85", "\t"]
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
SOURCES = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("source", "line", "character", "offset"),
    [
        ("a😀b", 0, 1, 1),
        ("a😀b", 0, 2, 1),  # in the middle of a character
        ("a😀b", 0, 3, 2),
        ("a😀b", 0, 99, 3),
        ("a\r\nb", 0, 9, 1),  # not behind the end of the line
        ("a\r\nb", 1, 0, 3),
        ("a\rb", 1, 1, 3),
        ("a\u2028b\nc", 0, 3, 3),  # YAML's end of a line, and a character for the editor
        ("a\u2028b\nc", 1, 0, 4),
        ("", 0, 0, 0),
        ("a\n", 1, 0, 2),
        ("a", 7, 3, 1),
        ("a", -1, 0, 0),
    ],
)
def test_an_offset_of_the_protocol(source: str, line: int, character: int, offset: int) -> None:
    assert Lines(source).offset(line, character) == offset


@UNHURRIED
@given(SOURCES)
def test_each_position_leads_back(source: str) -> None:
    lines = Lines(source)
    for offset in range(len(source) + 1):
        if source[offset - 1 : offset + 1] != "\r\n" or offset == 0:
            assert lines.offset(*lines.position(offset)) == offset


@UNHURRIED
@given(SOURCES, st.booleans())
def test_places_of_the_loader_are_those_of_the_text(source: str, marked: bool) -> None:
    """A document drops the mark, and has LF for CR LF; its lines and columns still lead to the same characters."""
    whole = f"\ufeff{source}" if marked else source
    document, text = document_of(Path("x.yaml"), whole), Text(Path("x.yaml"), "file:///x.yaml", whole)
    for number, line in enumerate(document.lines, 1):
        for column in range(len(line)):
            assert whole[text.offset_of(Place("x.yaml", number, column + 1))] == line[column]
    for offset, character in enumerate(document.text):
        there = text.lines.offset_in_file(offset)
        assert whole[there] in (character, "\r")
        assert text.lines.offset_in_document(there) == offset


def test_changes_are_applied_one_after_another() -> None:
    text = Text(Path("x"), "file:///x", "a😀b\r\nc", 1)
    text = text.changed(Change("X", (0, 1), (0, 3)), 2).changed(Change("\n", (0, 3), (1, 0)), 3)
    assert (text.source, text.version) == ("aXb\nc", 3)
    assert text.changed(Change("all"), 4).source == "all"
    assert text.changed(Change("!", (9, 9), (2, 2)), 5).source == "aXb\nc!"


@pytest.mark.parametrize("name", ["/flows/a b/x.yaml", "/flows/ä😀/#x?.yaml", "/flows/100%.yaml"])
def test_a_uri_leads_back_to_its_path(name: str) -> None:
    assert path_of(uri_of(Path(name))) == Path(name)


def test_what_is_no_file_has_no_path() -> None:
    assert path_of("untitled:Untitled-1") is None
    assert path_of("file:///a%00b") is None
    assert path_of("file:///c%3A/x.yaml") == Path("c:/x.yaml")
