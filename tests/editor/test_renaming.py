"""Rename: everything has the new name and does the same, or nothing is changed and the author is told why."""

from __future__ import annotations

from pathlib import Path

import pytest
from named_shop import FILES, at, edited, made, shown

from engine.editor.names.index import Index
from engine.editor.names.renaming import Refused, prepare, rename
from engine.testing.working import Order, run_file

ORDERS, TESTS = "orders.yaml", "orders.test.yaml"
ALL = [
    (ORDERS, "name: ¦store order", "store: it all"),
    (TESTS, "call: ¦rounded", "round-2"),
    (TESTS, "processor: ¦order/steps", "take"),
    (ORDERS, "¦Orders DB:", "true"),
    (ORDERS, "objectStore: ¦Seen", "Seen before"),
    (ORDERS, "'¦common'", "for all"),
    (ORDERS, "-ref: ¦last", "1"),
    (TESTS, "queueName: ¦paid", "settled"),
    (ORDERS, "shop: {¦name", "shop.title"),
    (ORDERS, "variableName: ¦total, value: \"#['🦊'", "amount"),
    (ORDERS, "target: ¦stored", "written"),
    (ORDERS, "target: ¦gross", "brutto"),
    (ORDERS, "LATE, ¦SHOP:CLOSED", "STORE:SHUT"),
    (ORDERS, 'type: "¦SHOP:LATE"', "STORE:LATE"),
    (TESTS, "processor: ¦Remember", "Note: it 🧾"),
    (TESTS, '"${¦size}"}}\n    mock', "how-much"),
]


def renamed(index: Index, name: str, before: str, new: str) -> Index:
    edited(index, rename(index, *at(index, name, before), new))
    index.site.refresh()
    return index


def mistakes(index: Index) -> list[str]:
    return [str(each) for found in index.site.diagnostics().values() for each in found]


def passed(index: Index) -> list[str]:
    return [result.status for result in run_file(index.site.folder / TESTS, Order()).results]


def test_all_names_one_after_another(tmp_path: Path) -> None:
    """The tests pass before, and after every name has another one."""
    index = made(tmp_path)
    assert passed(index) == ["passed"] * 4
    for name, before, new in ALL:
        mention = prepare(index, *at(index, name, before))
        same = len(index.names().same(mention))
        index = renamed(index, name, before, new)
        there = [each for each in index.names().of_file(tmp_path / name) if each.name == new]
        assert {len(index.names().same(each)) for each in there if each.kind == mention.kind} == {same}, before
    assert mistakes(index) == []
    assert passed(index) == ["passed"] * 4
    texts = "".join(text.source for text in index.site.texts.values())
    for old in ("store order", "Seen,", "SHOP:", "gross", "stored", "size", "common", "shop.name", "vars.total"):
        assert old not in texts


def test_quotes_are_kept_or_made(tmp_path: Path) -> None:
    index = renamed(made(tmp_path), ORDERS, "name: ¦store order", "on")
    assert "  on:\n" in index.site.texts[tmp_path / ORDERS].source  # YAML 1.2: a text
    index = renamed(index, ORDERS, "name: ¦on}", "null")
    text = index.site.texts[tmp_path / ORDERS].source
    assert '{name: "null"}' in text
    assert '  "null":\n' in text
    index = renamed(index, ORDERS, 'name: "¦null"', "12")
    assert '{name: "12"}' in index.site.texts[tmp_path / ORDERS].source
    assert mistakes(index) == []


REFUSED = [
    (ORDERS, "name: ¦store order", "order", "there is a flow 'order' already"),
    (ORDERS, "name: ¦store order", "", "not allowed for a flow"),
    (ORDERS, "name: ¦store order", "#[x]", "not allowed"),
    (ORDERS, "name: ¦store order", "it's", "not allowed"),
    (ORDERS, "¦rounded: {steps", "a: b", ""),
    (TESTS, "processor: ¦order/steps", "a: b", "orders.test.yaml:16 'a: b' would need quotes around the whole text"),
    (ORDERS, "target: ¦gross", "total", "there is a variable 'total' already"),
    (ORDERS, "target: ¦gross", "gross sum", "not allowed for a variable: letters"),
    (ORDERS, "target: ¦gross", "httpStatus", "the engine itself uses the variable 'httpStatus'"),
    (ORDERS, "variableName: ¦httpStatus", "status", "the engine itself uses the variable 'httpStatus'"),
    (ORDERS, "SHOP:LATE, ¦SHOP:CLOSED", "CLOSED", "NAMESPACE:IDENTIFIER"),
    (ORDERS, "SHOP:LATE, ¦SHOP:CLOSED", "DB:CONNECTIVITY", "belongs to the engine or a connector"),
    (ORDERS, "shop: {¦name", "title", "'shop.name' is inside of 'shop', which 'title' is not"),
    (ORDERS, "shop: {¦name", "shop", "one would be inside of the other"),
    (ORDERS, 'url: "${¦db.url', "db.uri", "nothing in these files defines the property 'db.url'"),
    (ORDERS, "¦prices:with_vat", "vat", "the Python function 'prices:with_vat' has its name from Python"),
    (ORDERS, "[{vm:¦publish", "x", "the element 'vm:publish' has its name from Python"),
    (ORDERS, "# 🛒¦ the", "x", "there is no name here"),
]


@pytest.mark.parametrize(("name", "before", "new", "reason"), REFUSED, ids=[f"{row[1]} {row[2]}" for row in REFUSED])
def test_a_name_that_is_taken_or_not_allowed(tmp_path: Path, name: str, before: str, new: str, reason: str) -> None:
    index = made(tmp_path)
    if not reason:
        assert rename(index, *at(index, name, before), new)
        return
    with pytest.raises(Refused) as error:
        rename(index, *at(index, name, before), new)
    assert reason in str(error.value)


def test_the_same_name_changes_nothing(tmp_path: Path) -> None:
    index = made(tmp_path)
    assert rename(index, *at(index, ORDERS, "name: ¦store order"), "store order") == []


def test_a_file_that_cannot_be_read_keeps_all_as_it_is(tmp_path: Path) -> None:
    index = made(tmp_path, {**FILES, "z.yaml": "flows: ["})
    with pytest.raises(Refused, match=r"z\.yaml cannot be read"):
        rename(index, *at(index, ORDERS, "name: ¦store order"), "other")


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.yaml"
    outside.write_text("flows: {far: {steps: [{flow-ref: {name: store order}}]}}", encoding="utf-8")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "linked.yaml").symlink_to(outside)
    index = made(folder)
    index.site.refresh()
    assert "linked.yaml:1 store order" in shown(
        index, [index.span(each) for each in index.names().of_file(folder / "linked.yaml")]
    )
    with pytest.raises(Refused, match=r"linked\.yaml lies outside of the project"):
        rename(index, *at(index, ORDERS, "name: ¦store order"), "other")


def test_two_flows_have_variables_of_their_own(tmp_path: Path) -> None:
    index = renamed(made(tmp_path), ORDERS, "variableName: ¦total, value: 1", "count")
    source = index.site.texts[tmp_path / ORDERS].source
    assert "variableName: count, value: 1" in source
    assert source.count("total") == FILES[ORDERS].count("total") - 1


def test_a_sub_flow_joins_the_variables_of_those_who_run_it(tmp_path: Path) -> None:
    flow = "  {0}: {{steps: [{{set-variable: {{variableName: x, value: 1}}}}, {{flow-ref: {{name: {1}}}}}]}}\n"
    files = {
        "a.yaml": "flows:\n" + flow.format("one", "uses") + flow.format("two", "uses") + flow.format("three", "not"),
        "b.yaml": 'sub-flows:\n  uses: {steps: [{logger: {message: "#[vars.x]"}}]}\n  not: {steps: [{logger: {}}]}\n',
    }
    index = renamed(made(tmp_path, files), "b.yaml", "vars.¦x", "y")
    assert index.site.texts[tmp_path / "a.yaml"].source.count("variableName: y") == 2
    assert "three: {steps: [{set-variable: {variableName: x" in index.site.texts[tmp_path / "a.yaml"].source


def test_scripts_and_templates_in_files_of_their_own(tmp_path: Path) -> None:
    flows = """\
flows:
  a:
    steps:
      - set-variable: {variableName: kind, value: x}
      - transform: {set-payload: {resource: told.dwl}}
      - parse-template: {location: letter.txt}
"""
    files = {
        "a.yaml": flows,
        "told.dwl": "%dw 2.0\noutput application/json\n---\n{kind: vars.kind, '🦊': vars['kind']}\n",
        "letter.txt": "kind 🦊\r\nis #[vars.kind], says #[upper(vars.'kind')]\r\n",
    }
    index = made(tmp_path, files)
    edits = rename(index, *at(index, "a.yaml", "variableName: ¦kind"), "sort")
    assert sorted(Path(edit.span.path).name for edit in edits) == ["a.yaml", *["letter.txt"] * 2, *["told.dwl"] * 2]
    edited(index, edits)
    assert (tmp_path / "told.dwl").read_text(encoding="utf-8").endswith("{kind: vars.sort, '🦊': vars['sort']}\n")
    assert "is #[vars.sort], says #[upper(vars.'sort')]" in (tmp_path / "letter.txt").read_text(encoding="utf-8")
    index.site.refresh()
    assert mistakes(index) == []
