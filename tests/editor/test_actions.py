"""Code actions: the result loads, and does the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from mistakes_fixed import expected_fixes
from named_shop import FILES, at, edited, made

from engine.editor.actions.action import Action
from engine.editor.actions.collecting import collect_action
from engine.editor.actions.extracting import row_actions
from engine.editor.actions.testing import test_action as case_action
from engine.editor.actions.written import quick_fixes
from engine.editor.names.index import Index
from engine.editor.texts import Text
from engine.editor.workspace import Workspace
from engine.loading.diagnostic import Diagnostic
from engine.testing.working import Order, run_file

FLOWS = Path(__file__).parents[2] / "flows"


def applied(index: Index, action: Action) -> Index:
    """Write what an action changes, and read the site again."""
    assert not action.disabled
    edited(index, action.edits, action.new_files)
    index.site.refresh()
    return index


def mistakes(index: Index) -> list[str]:
    return [str(each) for found in index.site.diagnostics().values() for each in found]


def statuses(file: Path) -> set[str]:
    return {result.status for result in run_file(file, Order()).results}


@pytest.fixture
def shipped(tmp_path: Path) -> Index:
    """The flows that upsert many records."""
    for name in ("bulk-upsert.yaml", "bulk-upsert.test.yaml", "customer.schema.json"):
        shutil.copy(FLOWS / name, tmp_path / name)
    shutil.copytree(FLOWS / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("mule"))
    return Index(Workspace([tmp_path]).site_of(tmp_path / "bulk-upsert.yaml"))


# Steps


def action(index: Index, title: str, *places: tuple[Path, int]) -> Action:
    (path, start), (_, end) = places[0], places[-1]
    found = {each.title: each for each in row_actions(index, path, start, end)}
    return found[title]


EXTRACTED = [
    ("- set-¦variable: {variableName: results", "collection: pay¦load", "2 steps"),
    ("- flow-ref: {name: up¦sert", "results\n                      val¦ue", "2 steps"),
    ("message: name must not be¦ blank}", "¦- db:insert:", "4 steps"),
    ("- set-variable:\n                            variab¦le", "", "'set-variable'"),
]


def test_steps_as_sub_flows_do_the_same(shipped: Index) -> None:
    for first, last, what in EXTRACTED:
        places = [at(shipped, "bulk-upsert.yaml", place) for place in (first, last) if place]
        applied(shipped, action(shipped, f"Extract {what} as a sub-flow", *places))
        assert mistakes(shipped) == [], what
    assert len(list(shipped.names().all("flow"))) == 2 + len(EXTRACTED)
    assert statuses(shipped.site.folder / "bulk-upsert.test.yaml") == {"passed"}


def test_steps_in_a_try_do_the_same_if_nothing_fails(shipped: Index) -> None:
    first, last, _ = EXTRACTED[0]
    places = [at(shipped, "bulk-upsert.yaml", place) for place in (first, last)]
    index = applied(shipped, action(shipped, "Wrap 2 steps in try", *places))
    assert mistakes(index) == []
    results = run_file(shipped.site.folder / "bulk-upsert.test.yaml", Order()).results
    assert {each.name[:24] for each in results if each.status != "passed"} == {"an error of the database"}


def test_steps_in_one_line(tmp_path: Path) -> None:
    index = made(tmp_path)
    (tmp_path / "orders.test.yaml").unlink()
    index.site.refresh()
    place = at(index, "orders.yaml", "rounded: {steps: [{set-pay¦load")
    wrapped = applied(index, action(index, "Wrap 'set-payload' in try", place))
    assert "{steps: [{try: {steps: [{set-payload: {value:" in wrapped.site.texts[tmp_path / "orders.yaml"].source
    place = at(index, "orders.yaml", "steps: [{logger¦")
    index = applied(index, action(index, "Extract 'logger' as a sub-flow", place))
    text = index.site.texts[tmp_path / "orders.yaml"].source
    assert "steps: [{flow-ref: {name: paid-steps}}]" in text
    assert "  paid-steps:\n    steps:\n      - {logger: " in text
    assert mistakes(index) == []


REASONS = [
    ("- set-variable: {variable¦Name: httpStatus", "orders.test.yaml:16 names a step of 'order' by its number"),
    ("- logger: {message: '#[flow.n¦ame]'}", "an expression in the steps reads 'flow'"),
    ("- logger: &x¦ {message: hi}", "an anchor or an alias of YAML"),
]


@pytest.mark.parametrize(("before", "reason"), REASONS, ids=[row[1] for row in REASONS])
def test_steps_that_cannot_move_say_why(tmp_path: Path, before: str, reason: str) -> None:
    steps = ("{message: '#[flow.name]'}", "&x {message: hi}", "*x")
    extra = "flows:\n  z:\n    steps:\n" + "".join(f"      - logger: {step}\n" for step in steps)
    index = made(tmp_path, {**FILES, "z.yaml": extra})
    name = "orders.yaml" if "httpStatus" in before else "z.yaml"
    place = at(index, name, before)
    [extract, *_] = row_actions(index, *place, place[1])
    assert reason in extract.disabled
    assert extract.edits == []


@pytest.mark.parametrize("before", ["configs:¦", "http:lis¦tener: {config", "on-error-con¦tinue:", "# 🛒¦"])
def test_nothing_is_offered_for_what_is_no_step(tmp_path: Path, before: str) -> None:
    index = made(tmp_path)
    place = at(index, "orders.yaml", before)
    offered = [each.title for each in row_actions(index, *place, place[1])]
    assert [title for title in offered if "on-error" in title or "listener" in title or "configs" in title] == []


def test_a_sub_flow_gets_a_name_that_is_free(tmp_path: Path) -> None:
    text = "flows:\n  a:\n    steps:\n      - logger: {message: one}   # told\n      - logger: {message: two}\n"
    text += "sub-flows:\n  a-steps:\n    steps: [{logger: {}}]"
    index = made(tmp_path, {"a.yaml": text})
    index = applied(index, action(index, "Extract 'logger' as a sub-flow", at(index, "a.yaml", "message: o¦ne")))
    expected = text.replace("- logger: {message: one}   # told", "- flow-ref: {name: a-steps2}")
    expected += "\n\n  a-steps2:\n    steps:\n      - logger: {message: one}   # told"
    assert index.site.texts[tmp_path / "a.yaml"].source == expected
    assert mistakes(index) == []


# collect


def test_a_loop_that_appends_is_written_with_collect(shipped: Index) -> None:
    place = at(shipped, "bulk-upsert.yaml", "append(vars.res¦ults, {id: payload.id, status: 422")
    found = collect_action(shipped, *place)
    assert found is not None
    index = applied(shipped, found)
    text = index.site.texts[place[0]].source
    assert "append" not in text
    assert "abortOn: DB:CONNECTIVITY, DB:BAD_SQL_SYNTAX" in text
    assert mistakes(index) == []
    assert statuses(shipped.site.folder / "bulk-upsert.test.yaml") == {"passed"}


UNSURE = {
    "the payload is changed": ("- flow-ref: {name: upsert-single-record}", "- set-payload: {value: 1}"),
    "the result is the payload": ("          target: upserted\n", ""),
    "a condition": ("type: ANY\n", "type: ANY\n                      when: error.description != ''\n"),
    "not all errors": ("type: ANY\n", "type: VALIDATION:*\n"),
    "steps of the propagating handler": (
        "BAD_SQL_SYNTAX\n",
        "BAD_SQL_SYNTAX\n                      steps: [{logger: {message: hi}}]\n",
    ),
    "another variable": (
        "                            variableName: results\n",
        "                            variableName: other\n",
    ),
    "the list is not empty before": ("variableName: results, value: []", "variableName: results, value: [1]"),
    "it reads what it appends to": ("{id: payload.id, status: 200", "{id: vars.results[0], status: 200"),
    "a transaction": ("- try:\n", "- try:\n                transactionalAction: ALWAYS_BEGIN\n"),
    "a variable of the steps is read": ('total: "#[length(vars.results)]"', 'total: "#[vars.upserted]"'),
}


@pytest.mark.parametrize("name", UNSURE)
def test_a_loop_that_might_do_something_else_stays(shipped: Index, name: str) -> None:
    old, new = UNSURE[name]
    path = shipped.site.folder / "bulk-upsert.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    shipped.site.refresh()
    offset = shipped.document(path).text.index("- foreach") + 5
    assert collect_action(shipped, path, offset) is None


# Tests


CASES = [
    ("order", "post: /orders/1", "given: {payload: {}}"),
    ("paid", "flow: paid", "given: {payload: null}"),
    ("store order", "flow: store order", "given: {payload: null}"),
]


@pytest.mark.parametrize(("flow", "act", "given"), CASES, ids=[row[0] for row in CASES])
def test_a_case_fits_the_source_of_the_flow(tmp_path: Path, flow: str, act: str, given: str) -> None:
    index = made(tmp_path)
    found = case_action(index, *at(index, "orders.yaml", f"  {flow}¦:\n"))
    assert found is not None
    assert found.title == f"Add a test for '{flow}'"
    index = applied(index, found)
    text = index.site.texts[tmp_path / "orders.test.yaml"].source
    assert text.startswith(FILES["orders.test.yaml"].rstrip())
    assert f"\n\n  {flow} works:\n    {act}\n    {given}\n" in text
    assert len(run_file(tmp_path / "orders.test.yaml", Order()).results) == 5
    assert mistakes(index) == []


def test_a_test_file_is_made_and_then_extended(tmp_path: Path) -> None:
    flows = """\
configs: {Api: {http:listener-config: {port: 8081, basePath: /v1}}}
flows:
  "get it": {source: {http:listener: {config-ref: Api, path: "/things/{id}/*"}}, steps: [{logger: {message: hi}}]}
  put:
    source: {http:listener: {config-ref: Api, path: /b, allowedMethods: [PUT], schema: b.json}}
    steps: [{logger: {}}]
"""
    schema = json.dumps({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}})
    index = made(tmp_path, {"a.yaml": flows, "b.json": schema})
    for before in ("get ¦it", "  put¦:", "  put¦:"):
        found = case_action(index, *at(index, "a.yaml", before))
        assert found is not None
        index = applied(index, found)
    text = index.site.texts[tmp_path / "a.test.yaml"].source
    assert [line.strip() for line in text.splitlines() if "works" in line] == [
        "get it works:",
        "put works:",
        '"put works (2)":',
    ]
    assert "get: /v1/things/1/1" in text
    assert "given: {payload: {from-schema: b.json}}" in text
    assert mistakes(index) == []
    assert statuses(tmp_path / "a.test.yaml") == {"passed"}


def test_a_test_file_that_is_not_saved_yet_is_not_made_again(tmp_path: Path) -> None:
    index = made(tmp_path, {"a.yaml": "flows:\n  a: {steps: [{logger: {}}]}\n"})
    file = tmp_path / "a.test.yaml"
    cases = "cases:\n  one: {flow: a, expect: {error: null}}\n"
    index.site.files.opened[file] = Text(file, file.as_uri(), cases, 1)
    found = case_action(index, *at(index, "a.yaml", "  a¦:"))
    assert found is not None
    assert (found.new_files, found.edits[0].span.start) == ({}, len(cases) - 1)


def test_a_test_file_that_is_broken_stays(tmp_path: Path) -> None:
    index = made(tmp_path, {"a.yaml": "flows:\n  a: {steps: [{logger: {}}]}\n", "a.test.yaml": "cases: {}"})
    found = case_action(index, *at(index, "a.yaml", "  a¦:"))
    assert found is not None
    assert "a.test.yaml has no list of cases" in found.disabled


# write: …


@pytest.mark.parametrize("file", expected_fixes(), ids=lambda file: file.name)
def test_what_a_mistake_says_is_written(tmp_path: Path, file: Path) -> None:
    """Each fix of the catalog of mistakes, applied alone: that mistake is gone, and no other one is new."""
    index = made(tmp_path, {file.name: file.read_text(encoding="utf-8")})
    path = tmp_path / file.name
    before = index.site.diagnostics()[path]
    text = index.site.document(path).text
    fixes = list(quick_fixes(path, text, before))
    assert fixes
    for fix in fixes[:2]:
        edited_text = text[: fix.edits[0].span.start] + fix.edits[0].text + text[fix.edits[0].span.end :]
        path.write_text(edited_text, encoding="utf-8")
        index.site.refresh()
        after = [_told(each) for each in index.site.diagnostics()[path]]
        assert fix.fixes is not None
        assert after.count(_told(fix.fixes)) < [_told(each) for each in before].count(_told(fix.fixes)), fix


def _told(diagnostic: Diagnostic) -> tuple[int, str, str]:
    return diagnostic.place.line, diagnostic.code, diagnostic.mistake.found
