"""Definitions, references and highlights of every kind of name."""

from __future__ import annotations

from pathlib import Path

import pytest
from named_shop import FILES, at, made, shown

from engine.editor.names.finding import definitions, highlights, references, workspace_symbols
from engine.editor.names.index import Index


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return made(tmp_path_factory.mktemp("shop"))


ORDERS, TESTS = "orders.yaml", "orders.test.yaml"
DEFINED = [
    (ORDERS, "flow-ref: {name: ¦store order", ["orders.yaml:42 store order"]),
    (ORDERS, "lookup(''round¦ed'", ["orders.yaml:50 rounded"]),
    (TESTS, "call: rounded¦", ["orders.yaml:50 rounded"]),
    (TESTS, "flow: ¦stray", ["orders.yaml:35 stray"]),
    (TESTS, "processor: ord¦er/steps/2", ["orders.yaml:14 order"]),
    (ORDERS, "config-ref: ¦Orders DB", ["orders.yaml:8 Orders DB"]),
    (ORDERS, "objectStore: See¦n", ["orders.yaml:10 Seen"]),
    (TESTS, "with: {config-ref: Ord¦ers DB", ["orders.yaml:8 Orders DB"]),
    (ORDERS, "error-handler: {ref: 'com¦mon'}", ["orders.yaml:53 common"]),
    (ORDERS, "defaultErrorHandler-ref: ¦last", ["orders.yaml:54 last-resort"]),
    (ORDERS, "queueName: pai¦d, content", ["orders.yaml:11 paid"]),
    (TESTS, "queueName: ¦paid", ["orders.yaml:11 paid"]),
    (ORDERS, 'port: "${http.po¦rt}', ["orders.test.yaml:1 http.port", "settings.properties:2 http.port"]),
    (ORDERS, "p('shop.na¦me')]\"}}]", ["orders.yaml:4 name"]),
    (ORDERS, 'gross + $vars.tot¦al"}', ["orders.yaml:17 total"]),
    (ORDERS, 'vars."gro¦ss"', ["orders.yaml:18 gross"]),
    (ORDERS, "when: error.type == 'SHOP:¦CLOSED'", ["orders.yaml:20 SHOP:CLOSED"]),
    (ORDERS, "type: SHOP:LA¦TE, SHOP:CLOSED", ["orders.yaml:37 SHOP:LATE"]),
    (TESTS, 'error.type: "SHOP¦:LATE"', ["orders.yaml:37 SHOP:LATE"]),
    (TESTS, "processor: Remember ¦🧾", ["orders.yaml:17 Remember 🧾"]),
    (TESTS, "vars.told¦: 100", ["orders.yaml:29 told"]),
    (TESTS, 'total: "${si¦ze}"', ["orders.test.yaml:4 size", "orders.test.yaml:4 size"]),
    (ORDERS, 'function: "prices:with¦_vat', ["prices.py:4 with_vat"]),
    (ORDERS, "[{vm:publ¦ish", ["publish.py:7 Publish"]),
    (ORDERS, "# 🛒 the sh¦op", []),
]


@pytest.mark.parametrize(("name", "before", "expected"), DEFINED, ids=[row[1] for row in DEFINED])
def test_go_to_definition(shop: Index, name: str, before: str, expected: list[str]) -> None:
    found = shown(shop, definitions(shop, *at(shop, name, before)))
    is_python = expected and ".py" in expected[0]
    assert [each.partition(":")[2].partition(" ")[2] if is_python else each for each in found] == [
        each.partition(":")[2].partition(" ")[2] if is_python else each for each in expected
    ]


REFERRED = [
    (ORDERS, "  ¦store order:\n", ["orders.yaml:20 store order", "orders.yaml:42 store order"]),
    (
        TESTS,
        "flow: order¦",
        ["orders.test.yaml:13 order", "orders.test.yaml:16 order", "orders.yaml:14 order"],
    ),
    (
        ORDERS,
        "variableName: tot¦al, value: \"#['🦊'",
        ["orders.test.yaml:8 total", *(f"orders.yaml:{line} total" for line in (17, 18, 27, 29, 47))],
    ),
    (ORDERS, "variableName: ¦total, value: 1", ["orders.yaml:38 total"]),
    (ORDERS, "queueName: ¦late", ["orders.yaml:11 late"]),
    (
        ORDERS,
        "Queues¦: {vm",
        ["orders.test.yaml:21 Queues", *(f"orders.yaml:{line} Queues" for line in (11, 25, 33))],
    ),
    (ORDERS, "shop: {name¦", [f"orders.yaml:{line}" for line in (20, 28, 34, 4)]),
]


@pytest.mark.parametrize(("name", "before", "expected"), REFERRED, ids=[row[1] for row in REFERRED])
def test_find_references(shop: Index, name: str, before: str, expected: list[str]) -> None:
    found = sorted(shown(shop, references(shop, *at(shop, name, before))))
    assert [each if " " in expected[0] else each.partition(" ")[0] for each in found] == expected


def test_references_may_leave_out_definitions(shop: Index) -> None:
    place = at(shop, ORDERS, "¦rounded: {steps")
    found = shown(shop, references(shop, *place, with_definitions=False))
    assert sorted(found) == ["orders.test.yaml:17 rounded", "orders.yaml:28 rounded"]


def test_highlights_stay_in_the_file_and_tell_writes_from_reads(shop: Index) -> None:
    found = highlights(shop, *at(shop, ORDERS, "target: gro¦ss"))
    assert [each.is_write for each in found] == [True, False, False, False]
    assert {each.span.path.name for each in found} == {ORDERS}


def test_the_workspace_is_searched_by_some_characters(shop: Index) -> None:
    found = [(each.name, each.kind) for each in workspace_symbols(shop, "sto")]
    assert found == [("store order", "flow"), ("last-resort", "error handler")]
    assert [each.name for each in workspace_symbols(shop, "ORDB")] == ["Orders DB"]
    assert list(workspace_symbols(shop, "nothing of that name")) == []


LINE_ENDS = {"LF": "\n", "CR LF": "\r\n"}


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "BOM"])
@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS)
def test_line_ends_and_marks_move_nothing(tmp_path: Path, end: str, mark: str) -> None:
    files = {name: mark + text.replace("\n", end) if name.endswith(".yaml") else text for name, text in FILES.items()}
    index = made(tmp_path, files)
    assert index.site.diagnostics()[tmp_path / ORDERS] == []
    [span] = definitions(index, *at(index, ORDERS, "flow-ref: {name: ¦store order"))
    text = index.site.texts[tmp_path / ORDERS]
    start = text.lines.offset_in_file(span.start)
    assert text.source[start : start + 11] == "store order"
    assert text.position(start) == (41, 2)


def test_a_file_that_is_being_typed_keeps_its_names(tmp_path: Path) -> None:
    index = made(tmp_path)
    index.names()
    path = tmp_path / ORDERS
    path.write_text(FILES[ORDERS] + "\nbroken: [", encoding="utf-8")
    index.site.refresh()
    assert index.broken() == [path]
    assert shown(index, definitions(index, *at(index, TESTS, "flow: ¦stray"))) == ["orders.yaml:35 stray"]


def test_names_of_other_files_with_properties(tmp_path: Path) -> None:
    index = made(
        tmp_path,
        {
            "flows/a.yaml": 'flows: {a: {steps: [{logger: {message: "${db.url} ${mail.from:x} ${secret:key}"}}]}}',
            "config/default.yaml": "db: {url: x}\n",
            "config/prod.yaml": "db.url: y\nkey: z\n",
            "pyproject.toml": '[tool.engine]\npaths = ["flows"]\nset = { "mail.from" = "a@b" }\n',
        },
    )
    path = tmp_path / "flows/a.yaml"

    def of(name: str) -> list[str]:
        offset = index.document(path).text.index(name)
        return shown(index, definitions(index, path, offset))

    assert of("db.url") == ["default.yaml:1 url", "prod.yaml:1 db.url"]
    assert of("mail.from") == ["pyproject.toml:3 mail.from"]
    assert of("key") == ["prod.yaml:2 key"]


def test_dataweave(tmp_path: Path) -> None:
    text = """\
expression-language: dataweave
flows:
  a:
    steps:
      - set-variable: {variableName: kind, value: "#[if (vars.kind == 'x') 'a' else 'b']"}
      - transform:
          set-payload:
            dataweave: |
              output application/json
              // vars.kind in a comment
              ---
              {kind: vars['kind'], told: "it is $(vars.kind)", shop: Mule::p('shop.name'), n: lookup('b', vars.kind!)}
  b: {steps: [{logger: {message: hi}}]}
properties: {shop.name: Fox}
"""
    index = made(tmp_path, {"a.yaml": text})
    found = references(index, *at(index, "a.yaml", "variableName: ¦kind"))
    assert [each.partition(" ")[0] for each in shown(index, found)] == ["a.yaml:5"] * 2 + ["a.yaml:12"] * 3
    assert shown(index, definitions(index, *at(index, "a.yaml", "lookup('¦b'"))) == ["a.yaml:13 b"]
    assert shown(index, definitions(index, *at(index, "a.yaml", "p('shop¦"))) == ["a.yaml:14 shop.name"]
