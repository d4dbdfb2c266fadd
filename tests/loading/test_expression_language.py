"""`expression-language`: each file chooses the language of its expressions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine import Application, Event, LoadError
from engine.connectors import Computed, Constant, Held, MapOf
from engine.expressions import LANGUAGES, ExpressionSyntaxError
from engine.expressions.functions.function import Function
from engine.expressions.held import Demand, Known
from engine.expressions.language import Failed, Names
from engine.expressions.marks import MarkedPart, split
from engine.expressions.schemas import Schema
from engine.loading.catalog import discover
from engine.loading.files.document import Document
from engine.testing.files.suite import TestFile
from engine.testing.session import Result, Session


@dataclass
class Words:
    """`payload id`: a root, and the names that lead on."""

    text: str
    constant = None
    media_type = None

    def doubts(self) -> Iterator[ExpressionSyntaxError]:
        if self.text != self.text.strip():
            yield ExpressionSyntaxError(0, "blanks around words", "none")

    def reads(self) -> Iterator[tuple[str, ...]]:
        yield tuple(self.text.split())

    def calls(self) -> Iterator[Function]:
        return iter(())

    def shape(self, known: Known) -> Schema:
        return {}

    def implies(self, schema: Schema) -> Iterator[Demand]:
        return iter(())

    def value(self, event: Event) -> Any:
        root, *names = self.text.split()
        value = getattr(event, root)
        for name in names:
            value = value[name]
        return value


class WordsLanguage:
    """As small as a language may be."""

    name = "words"
    fills_placeholders = False
    reads_payloads = False

    def split(self, text: str) -> list[MarkedPart]:
        return split(text)

    def read(self, text: str, names: Names, variables: Collection[str] = ()) -> Words:
        if not text.replace(" ", "").isalpha():
            raise ExpressionSyntaxError(0, f"'{text}' in an expression", "words")
        return Words(text)

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Callable[[Event], Any]:
        if isinstance(held, Constant):
            return lambda event: held.value
        if isinstance(held, Computed):
            assert isinstance(held.tree, Words)
            return held.tree.value
        assert isinstance(held, MapOf)
        entries = {name: self.compile(each, names, variables, failed) for name, each in held.entries.items()}
        return lambda event: {name: value(event) for name, value in entries.items()}


OTHER = """
expression-language: words
error-handlers:
  theirs:
    - on-error-continue:
        steps: [{set-payload: {value: "#[vars name]"}}]
sub-flows:
  words:
    steps: [{set-payload: {value: {id: "#[payload order id]", n: 1}}}]
"""
FLOWS = """
expression-language: jmespath
flows:
  main:
    steps:
      - flow-ref: {name: words}
      - set-payload: {value: "#[{id: payload.id, sum: payload.n + 1}]"}
  handled:
    steps:
      - set-variable: {variableName: name, value: "#[upper(payload)]"}
      - raise-error: {type: "A:B"}
    error-handler: {ref: theirs}
"""


@pytest.fixture
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "words", WordsLanguage())  # type: ignore[arg-type]


def load(folder: Path, flows: str = FLOWS, other: str = OTHER) -> Application:
    (folder / "a.yaml").write_text(flows)
    (folder / "b.yaml").write_text(other)
    return Application.load(folder)


@pytest.mark.usefixtures("_words")
def test_files_of_one_application_may_have_different_languages(tmp_path: Path) -> None:
    app = load(tmp_path)
    assert asyncio.run(app.run("main", {"order": {"id": 7}})).payload == {"id": 7, "sum": 2}


@pytest.mark.usefixtures("_words")
def test_named_handlers_are_in_the_language_of_their_own_file(tmp_path: Path) -> None:
    assert asyncio.run(load(tmp_path).run("handled", "ada")).payload == "ADA"


@pytest.mark.usefixtures("_words")
def test_a_mistake_and_a_warning_are_told_in_the_words_of_the_language(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"b.yaml:6:[0-9]+ F401 'vars.name' in an expression"):
        load(tmp_path, other=OTHER.replace("vars name", "vars.name"))
    app = load(tmp_path, other=OTHER.replace("#[vars name]", "#[vars name ]"))
    assert [warning.mistake.found for warning in app.parts.warnings] == ["blanks around words"]


@pytest.mark.usefixtures("_words")
def test_a_test_file_has_a_language_of_its_own(tmp_path: Path) -> None:
    case = "{flow: main, given: {payload: {order: {id: 7}}}, expect: {payload id: 7, payload sum: 2}}"
    load(tmp_path)
    text = f"expression-language: words\nfiles: [a.yaml, b.yaml]\ncases: {{it: {case}}}"
    file = TestFile(Document(str(tmp_path / "a.test.yaml"), text))
    session = Session(file, discover())
    session.check()

    async def running() -> Result:
        await session.open()
        result = await session.run(file.cases[0])
        await session.close()
        return result

    assert str(asyncio.run(running()).status) == "passed"


def test_nobody_needs_to_name_jmespath(tmp_path: Path) -> None:
    app = load(
        tmp_path, "flows: {main: {steps: [{set-payload: {value: '#[payload.a]'}}]}}", "expression-language: jmespath"
    )
    assert asyncio.run(app.run("main", {"a": 1})).payload == 1
