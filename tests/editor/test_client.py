"""Completion, hover, signatures and colors as an editor asks for them: a client, and `engine lsp` as a process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from editor_client import editor
from editor_sites import CURSOR
from lsprotocol import types

from engine.formatting.formatter import formatted

MARKED = f"""\
flows:
  f:
    steps:
      - set-variable: {{variableName: 😀tax, value: {{rate: 2}}}}
      - logger: {{message: "😀 #[length(vars.😀tax.{CURSOR})]"}}
      - set-p
"""
FLOW = MARKED.replace(CURSOR, "").replace("vars.😀tax.", "vars.tax.").replace("😀tax, value", "tax, value")


def place_of(text: str, before: str) -> types.Position:
    """Return the position behind a text, in units of UTF-16."""
    lines = text[: text.index(before) + len(before)].split("\n")
    return types.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)


def cut(text: str, found: types.Range) -> str:
    """Return the text of a range within a line."""
    line = text.split("\n")[found.start.line].encode("utf-16-le")
    return line[found.start.character * 2 : found.end.character * 2].decode("utf-16-le")


async def asked(folder: Path) -> dict[str, Any]:
    """Return the answers to one request of each kind."""
    async with editor(folder) as client:
        client.open(folder / "a.yaml")
        document = types.TextDocumentIdentifier((folder / "a.yaml").as_uri())
        fields, element, word = (place_of(FLOW, each) for each in ("vars.tax.", "set-p", "leng"))
        elements = await client.text_document_completion_async(types.CompletionParams(document, element))
        return {
            "elements": elements,
            "manual": await client.completion_item_resolve_async(elements.items[0]),
            "fields": await client.text_document_completion_async(types.CompletionParams(document, fields)),
            "hover": await client.text_document_hover_async(types.HoverParams(document, word)),
            "call": await client.text_document_signature_help_async(types.SignatureHelpParams(document, fields)),
            "colors": await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document)),
        }


def test_an_editor_is_helped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FLOW, encoding="utf-8")
    found = asyncio.run(asked(tmp_path))
    rate = found["fields"].items[0]
    assert (rate.label, rate.detail, rate.text_edit.new_text) == ("rate", "integer · 2", "rate")
    element = found["elements"].items[0]
    plain = "set-payload:\n    value: "
    assert (element.label, element.text_edit.new_text) == ("set-payload", plain), "the client knows no snippets"
    assert cut(FLOW, element.text_edit.range) == "set-p"
    assert "**set-payload**" in found["manual"].documentation.value
    assert cut(FLOW, found["hover"].range) == "length"
    assert found["call"].signatures[0].label.startswith("length(")
    line = FLOW.split("\n")[4]
    assert list(found["colors"].data[:3]) == [4, line.index("length") + 1, len("length")], "😀 counts as two"


STEPS = ["    - logger: {message: '😀', level:   INFO}   ", "    - set-payload: {value: 1}"]
UNSTYLED = "\n".join(["# 😀", "flows:", "  f:", "    steps:", *STEPS, "", "", "", ""])


async def styled(folder: Path, file: str) -> Any:
    async with editor(folder) as client:
        client.open(folder / file)
        document = types.TextDocumentIdentifier((folder / file).as_uri())
        options = types.FormattingOptions(tab_size=2, insert_spaces=True)
        return await client.text_document_formatting_async(types.DocumentFormattingParams(document, options))


def test_a_file_is_formatted_as_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UNSTYLED, encoding="utf-8")
    (edit,) = asyncio.run(styled(tmp_path, "a.yaml"))
    lines = UNSTYLED.split("\n")
    kept, behind = "\n".join(lines[: edit.range.start.line]), "\n".join(lines[edit.range.end.line :])
    assert (edit.range.start.line, edit.range.start.character, edit.range.end.character) == (4, 0, 0)
    assert f"{kept}\n{edit.new_text}{behind}" == formatted(UNSTYLED)


def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("flows: {f: [\n", encoding="utf-8")
    assert asyncio.run(styled(tmp_path, "a.yaml")) is None
