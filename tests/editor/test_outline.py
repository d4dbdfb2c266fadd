"""Symbols of a document, folding, selection, links to files."""

from __future__ import annotations

from pathlib import Path

from named_shop import ORDERS, TESTS, made

from engine.editor.nodes import read_nodes
from engine.editor.outline import Fold, Outline, folds, link_spans, outline, selections
from engine.loading.catalog import discover

CATALOG = discover()


def rows(made: list[Outline], depth: int = 0) -> list[str]:
    """Return an outline as indented lines of `name (detail)`."""
    lines = []
    for each in made:
        lines.append("  " * depth + each.name + (f" ({each.detail})" if each.detail else ""))
        lines += rows(each.inside, depth + 1)
    return lines


def test_a_flow_file() -> None:
    flows = next(each for each in outline(ORDERS, CATALOG) if each.name == "flows")
    assert rows([flows])[:15] == [
        "flows",
        "  order (http:listener)",
        "    http:listener (/orders/{id})",
        "    Remember 🧾 (set-variable)",
        "    python (prices:with_vat)",
        "    try",
        "      flow-ref (store order)",
        "      raise-error (SHOP:CLOSED)",
        "      on-error-continue (SHOP:LATE, SHOP:CLOSED)",
        "        vm:publish (paid)",
        "    transform",
        "    set-variable (httpStatus)",
        "  paid (vm:listener)",
        "    vm:listener (paid)",
        "    logger (#[payload] in #[p('shop.name')])",
    ]


def test_all_that_an_outline_names_is_where_it_says() -> None:
    waiting = [*outline(ORDERS, CATALOG), *outline(TESTS, CATALOG)]
    for each in outline(ORDERS, CATALOG):
        assert ORDERS[each.name_start : each.name_end] == each.name
    while waiting:
        each = waiting.pop()
        assert each.start == each.name_start < each.name_end <= each.end
        assert all(each.start <= inner.start and inner.end <= each.end for inner in each.inside)
        waiting += each.inside


def test_a_test_file() -> None:
    assert rows(outline(TESTS, CATALOG)) == [
        "cases",
        "  an order of ${size} is told",
        "  the raised type is caught",
        "  a stray is late",
    ]


def test_what_is_no_yaml_has_no_outline() -> None:
    for text in ("", "# nothing\n", "flows: [", "- a\n- b\n", "text", "\t"):
        assert outline(text, CATALOG) == []
        assert folds(text) == []
        assert selections(text, 0)[-1] == (0, len(text))
    assert outline("flows:\nconfigs: {}\n? [a]\n: b\n", CATALOG) == []


FOLDED = """\
# one
# two

flows:
  a:
    steps:
      - logger: {message: hi}
      - set-payload:
          value: |
            a text
            of lines


  # behind
  b: {steps: [
    {logger: {}}]}
"""


def test_folding_ends_with_the_last_text() -> None:
    assert folds(FOLDED) == [
        Fold(0, 1, is_comment=True),
        Fold(3, 15),
        Fold(4, 10),
        Fold(5, 10),
        Fold(7, 10),
        Fold(8, 10),
        Fold(14, 15),
    ]


def test_a_selection_grows_from_word_to_file() -> None:
    text = "flows:\n  a:\n    steps:\n      - logger: {message: 'say 🦊 hi'}\n"
    found = [text[start:end] for start, end in selections(text, text.index("hi") + 1)]
    assert found == [
        "hi",
        "'say 🦊 hi'",
        "message: 'say 🦊 hi'",
        "{message: 'say 🦊 hi'}",
        "logger: {message: 'say 🦊 hi'}",
        "- logger: {message: 'say 🦊 hi'}",
        "steps:\n      - logger: {message: 'say 🦊 hi'}",
        "a:\n    steps:\n      - logger: {message: 'say 🦊 hi'}",
        text.rstrip(),
        text,
    ]


def test_files_that_are_named_are_links(tmp_path: Path) -> None:
    text = 'flows: {a: {steps: [{json:validate-schema: {schema: "data/a.json"}}, {logger: {message: none.json}}]}}'
    index = made(tmp_path, {"a.yaml": text, "data/a.json": "{}"})
    (tmp_path / "out.json").symlink_to("/etc/passwd")
    path = tmp_path / "a.yaml"
    [(span, target)] = link_spans(text + "\n# out.json", path)
    assert text[span.start : span.end] == "data/a.json"
    assert target == (tmp_path / "data/a.json").resolve()
    assert index.site.diagnostics()[path] == []


def test_nodes_know_their_ends() -> None:
    root = read_nodes("a: [1, {b: c}]\nd: &x\n  e: 'f'  # comment\ng: *x\n")
    assert root is not None
    assert [(key.value, value.start, value.end) for key, value in root.items()] == [
        ("a", 3, 14),
        ("d", 18, 29),
        ("g", 44, 46),
    ]
