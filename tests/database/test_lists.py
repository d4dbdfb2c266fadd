"""Lists behind IN, and lists and maps where one value is compared: the same on every kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from backends import BACKENDS, url_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Application, FlowError
from processors.db._places import Kind, places_in

TABLES = {
    "postgresql": "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price NUMERIC, day DATE, data BYTEA, j JSONB)",
    "mariadb": "CREATE TABLE item(id INTEGER PRIMARY KEY, name VARCHAR(50), price DECIMAL(10,2), day DATE,"
    " data BLOB, j TEXT)",
}
TABLE = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price DECIMAL(10,2), day DATE, data BLOB, j TEXT)"
ROWS = [
    {"id": 1, "name": "a", "price": 1, "day": "2024-01-01", "data": b"\x01"},
    {"id": 2, "name": "it's", "price": 2.5, "day": "2024-01-02", "data": b"\x02\x00\xff"},
    {"id": 3, "name": None, "price": 3, "day": "2024-01-03", "data": None},
    {"id": 4, "name": "7", "price": 4, "day": "2024-01-04", "data": b""},
]
FLOWS = """
configs: {DB: {db:config: {url: "${url}"}}}
flows:
  tables:
    steps: [{db:execute-ddl: {config-ref: DB, sql: "${table}"}}]
  fill:
    steps:
      - db:bulk-insert:
          config-ref: DB
          sql: INSERT INTO item(id, name, price, day, data) VALUES(:id, :name, :price, :day, :data)
  asked:
    steps:
      - db:select:
          {config-ref: DB, sql: "SELECT id FROM item WHERE ${condition} ORDER BY id", input-parameters: "#[payload]"}
      - set-payload: {value: "#[payload[].id]"}
"""
Run = Callable[..., Awaitable[Any]]


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path, request)


def kind_of(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def outcome_of(
    url: str, folder: Path, flow: str, payload: Any = None, flows: str = FLOWS, then: str = "", **words: str
) -> Any:
    """The payload that a flow leaves, or the error that it raises, on a new table with the rows.

    then: another flow, whose payload is told behind that of the first.
    """
    (folder / "flows.yaml").write_text(flows)
    given = {"url": url, "table": TABLES.get(kind_of(url), TABLE), "condition": "id = 0", **words}

    async def running() -> Any:
        async with Application.load(folder / "flows.yaml", properties=given) as app:
            await app.run("tables")
            await app.run("fill", ROWS)
            try:
                first = (await app.run(flow, payload)).payload
            except FlowError as failure:
                first = failure
            return (first, (await app.run(then)).payload) if then else first

    return asyncio.run(running())


@pytest.mark.parametrize(
    ("condition", "values", "ids"),
    [
        ("id IN (:ids)", [1, 3], [1, 3]),
        ("id NOT IN (:ids)", [1, 3], [2, 4]),
        ("id in(:ids)", [1, 3], [1, 3]),
        ("NOT id IN ( :ids )", [1, 3], [2, 4]),
        ("id IN ((:ids))", [1, 3], [1, 3]),
        ("id NOT\n IN -- those (\n (/* of */ :ids /* ) */)", [1, 3], [2, 4]),
        ("id + 1 IN (:ids)", [2, 4], [1, 3]),
        ("id = 4 OR id IN (:ids)", [1], [1, 4]),
        ("(id IN (:ids)) = (id < 3)", [1, 2], [1, 2, 3, 4]),
        ("id IN (:ids) AND id NOT IN (:others)", [1, 2], [2]),
        ("id IN (:ids) OR id IN (:ids)", [1, 2], [1, 2]),
        ("id IN (:ids) OR id = :others", [2], [1, 2]),
        ("id IN (:ids)", [], []),
        ("id NOT IN (:ids)", [], [1, 2, 3, 4]),
        ("name IN (:ids)", [], []),
        ("name NOT IN (:ids)", [], [1, 2, 3, 4]),
        ("id IN (:ids)", [1, None], [1]),
        ("id NOT IN (:ids)", [1, None], []),
        ("id IN (:ids)", [None], []),
        ("id NOT IN (:ids)", [None], []),
        ("name NOT IN (:ids)", ["a"], [2, 4]),
        ("id IN (:ids)", 3, [3]),
        ("id NOT IN (:ids)", 3, [1, 2, 4]),
        ("id IN (:ids)", None, []),
        ("id NOT IN (:ids)", None, []),
        ("name IN (:ids)", ["a", "it's", "') OR 1=1 --"], [1, 2]),
        ("lower(name) IN (:ids)", ["a"], [1]),
        ("name IN (:ids)", ["7", "b"], [4]),
        ("price IN (:ids)", [1, 2.5, 99], [1, 2]),
        ("price IN (:ids)", [Decimal("2.50"), Decimal("4")], [2, 4]),
        ("day IN (:ids)", [date(2024, 1, 1), date(2024, 1, 3)], [1, 3]),
        ("day IN (:ids)", ["2024-01-02"], [2]),
        ("data IN (:ids)", [b"\x02\x00\xff", b""], [2, 4]),
        ("data IN (:ids)", b"\x01", [1]),
        ("id IN (:ids) AND name = ':ids' OR '(:ids)' = name /* IN (:ids) */", [1], []),
        ("id IN (:ids)", list(range(3, 10_003)), [3, 4]),
        ("id NOT IN (:ids)", list(range(3, 10_003)), [1, 2]),
        ("id IN (:ids)", list(range(4, 70_004)), [4]),
    ],
)
def test_a_list_behind_in(url: str, tmp_path: Path, condition: str, values: Any, ids: list[int]) -> None:
    given = {"ids": values, "others": 1}
    assert outcome_of(url, tmp_path, "asked", given, condition=condition) == ids


def test_lists_of_any_kind(url: str, tmp_path: Path) -> None:
    """Those that are appended to, and tuples."""
    flows = FLOWS.replace('"#[payload]"', '"#[{ids: append(append([], 1), payload.ids[0]), others: payload.ids}]"')
    condition = "id IN (:ids) OR id IN (:others)"
    assert outcome_of(url, tmp_path, "asked", {"ids": (4, 2)}, flows, condition=condition) == [1, 2, 4]


@pytest.mark.parametrize(
    ("condition", "value", "what"),
    [
        ("id = :v", [1, 2], "a list"),
        ("id = :v", [1], "a list"),
        ("id = :v", [], "a list"),
        ("id = :v", {"a": 1}, "a map"),
        ("name = :v", ["a"], "a list"),
        ("name <> :v", ["a"], "a list"),
        ("name != (:v)", ["a"], "a list"),
        (":v = name", ["a"], "a list"),
        ("name LIKE :v", ["a"], "a list"),
        ("name NOT LIKE :v", {}, "a map"),
        ("id < :v", [1], "a list"),
        (":v >= id", [1], "a list"),
        ("id BETWEEN :v AND 3", [1], "a list"),
        ("id BETWEEN 1 AND :v", [1], "a list"),
        ("id IN (1, :v)", [1], "a list"),
        ("id IN (:v, 2)", [1], "a list"),
        ("id NOT IN (:v, 2)", {"a": 1}, "a map"),
        (":v IN (1, 2)", [1], "a list"),
        ("id IN (:v)", {"a": 1}, "a map"),
        ("id NOT IN (:v)", {"a": 1}, "a map"),
        ("CASE WHEN id = :v THEN 1 ELSE 0 END = 1", [1], "a list"),
    ],
)
def test_a_list_or_a_map_where_one_value_is_compared(
    url: str, tmp_path: Path, condition: str, value: Any, what: str
) -> None:
    failure = outcome_of(url, tmp_path, "asked", {"v": value}, condition=condition)
    assert isinstance(failure, FlowError), failure
    assert str(failure.type) == "DB:QUERY_EXECUTION"
    assert failure.description == f"the parameter 'v' of a statement is {what}, where one value is compared"


@pytest.mark.parametrize("entries", [[1, [2]], [[1], [2]], [{"id": 1}], [1, {}], [None, []]])
def test_a_list_with_lists_or_maps_in_it(url: str, tmp_path: Path, entries: Any) -> None:
    failure = outcome_of(url, tmp_path, "asked", {"ids": entries}, condition="id NOT IN (:ids)")
    assert str(failure.type) == "DB:QUERY_EXECUTION"
    assert failure.description == "an entry of the list 'ids' of a statement is a list or a map itself"


def test_a_list_beyond_the_bound(url: str, tmp_path: Path) -> None:
    failure = outcome_of(url, tmp_path, "asked", {"ids": [1] * 100_001}, condition="id IN (:ids)")
    assert str(failure.type) == "DB:QUERY_EXECUTION"
    assert failure.description == "the list 'ids' of a statement has more than 100000 entries"


def test_an_entry_that_is_no_value(url: str, tmp_path: Path) -> None:
    if kind_of(url) == "mariadb":
        pytest.skip("its driver writes any object as a text")
    failure = outcome_of(url, tmp_path, "asked", {"ids": ["a", object()]}, condition="name IN (:ids)")
    assert str(failure.type) == "DB:QUERY_EXECUTION"


def test_values_that_json_does_not_hold(url: str, tmp_path: Path) -> None:
    """A text is not cut at its NUL, nor is it another one."""
    outcome = outcome_of(url, tmp_path, "asked", {"ids": ["a\0b", "z"]}, condition="name IN (:ids)")
    assert outcome == [] or str(outcome.type) == "DB:QUERY_EXECUTION"


CHANGES = """
  remove:
    steps:
      - db:delete: {config-ref: DB, sql: "DELETE FROM item WHERE id NOT IN (:keep)", input-parameters: "#[payload]"}
  change:
    steps:
      - db:update:
          config-ref: DB
          sql: "UPDATE item SET j = :j, name = :n WHERE id IN (:ids)"
          input-parameters: "#[payload]"
  change-one:
    steps: [{db:update: {config-ref: DB, sql: "UPDATE item SET j = :j WHERE id = :id", input-parameters: "#[payload]"}}]
  remove-many:
    steps: [{db:bulk-delete: {config-ref: DB, sql: "DELETE FROM item WHERE id IN (:ids)"}}]
  left:
    steps: [{db:select: {config-ref: DB, sql: "SELECT id, name, j FROM item ORDER BY id"}}]
  fused:
    steps:
      - foreach:
          collect: {target: outcomes, success: "#[$result.affectedRows]", failure: "#[error.type]"}
          steps:
            - db:update:
                config-ref: DB
                sql: "UPDATE item SET name = :n WHERE id IN (:ids)"
                input-parameters: "#[payload]"
      - set-payload: {value: "#[vars.outcomes]"}
  fused-deeper:
    steps:
      - foreach:
          collect: {target: outcomes, success: "#[$result.affectedRows]", failure: "#[error.description]"}
          steps:
            - try:
                steps:
                  - foreach:
                      collection: "#[[payload]]"
                      steps:
                        - db:update:
                            config-ref: DB
                            sql: "UPDATE item SET name = :n WHERE id IN (:ids)"
                            input-parameters: "#[payload]"
                            target: done
                        - db:update: {config-ref: DB, sql: UPDATE item SET price = 7 WHERE id = 1, target: done}
                error-handler: [{on-error-propagate: {logException: false}}]
            - set-payload: {value: "#[vars.done]"}
      - set-payload: {value: "#[vars.outcomes]"}
  together:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:delete: {config-ref: DB, sql: "DELETE FROM item WHERE id IN (:ids)", input-parameters: "#[payload]"}
            - db:select:
                config-ref: DB
                sql: "SELECT id FROM item WHERE id NOT IN (:ids) AND id > :n"
                input-parameters: {ids: [], n: 0}
      - set-payload: {value: "#[payload[].id]"}
  streamed:
    steps:
      - set-variable: {variableName: seen, value: []}
      - db:select:
          config-ref: DB
          sql: "SELECT id FROM item WHERE id IN (:ids) ORDER BY id"
          input-parameters: "#[payload]"
          streaming: true
          fetchSize: 2
      - foreach: {steps: [{set-variable: {variableName: seen, value: "#[append(vars.seen, payload.id)]"}}]}
      - set-payload: {value: "#[vars.seen]"}
  late:
    steps:
      - db:query-single:
          config-ref: DB
          sql: "SELECT count(*) AS n FROM item WHERE id IN (:ids)"
          input-parameters: "#[payload]"
          queryTimeout: 9
  prepared: {steps: [{db:query-single: {config-ref: DB, sql: "SELECT count(*) AS n FROM pg_prepared_statements"}}]}
  many:
    steps:
      - foreach:
          fuse: false
          steps:
            - db:select:
                config-ref: DB
                sql: "SELECT id FROM item WHERE id IN (:v)"
                input-parameters: "#[{v: range(payload)}]"
"""


def changed(url: str, folder: Path, flow: str, payload: Any) -> tuple[Any, list[Any]]:
    first, left = outcome_of(url, folder, flow, payload, FLOWS + CHANGES, then="left")
    return first, [row["id"] for row in left]


def test_changes(url: str, tmp_path: Path) -> None:
    done, left = changed(url, tmp_path, "remove", {"keep": [1, 2]})
    assert (done["affectedRows"], left) == (2, [1, 2])


@pytest.mark.parametrize(
    ("flow", "payload", "first", "left"),
    [
        ("remove-many", [{"ids": [1]}, {"ids": []}, {"ids": [2, 9, 3]}, {"ids": 4}], [1, 0, 2, 1], []),
        ("together", {"ids": [1, 2]}, [3, 4], [3, 4]),
        ("streamed", {"ids": [4, 1, 2, 7]}, [1, 2, 4], [1, 2, 3, 4]),
        ("late", {"ids": [1, 2, 7]}, {"n": 2}, [1, 2, 3, 4]),
        ("fused", [{"ids": [1], "n": "x"}, {"ids": list(range(3, 3_000)), "n": "z"}] * 3, [1, 2] * 3, [1, 2, 3, 4]),
        (
            "fused-deeper",
            [{"ids": [1], "n": "x"}, {"ids": list(range(3, 3_000)), "n": "z"}] * 3,
            [1] * 6,
            [1, 2, 3, 4],
        ),
        ("remove-many", [{"ids": [1]}, {"ids": list(range(3, 5_000))}], [1, 2], [2]),
        ("fused", [{"ids": [1], "n": "x"}, {"ids": [1, 2], "n": "y"}] * 20, [1, 2] * 20, [1, 2, 3, 4]),
    ],
)
def test_lists_in_every_operation(
    url: str, tmp_path: Path, flow: str, payload: Any, first: Any, left: list[int]
) -> None:
    done, remaining = changed(url, tmp_path, flow, payload)
    if flow.startswith("fused") and kind_of(url) == "mariadb":  # it tells the rows that are another than before
        assert done[:2] == first[:2]
    else:
        assert done == first
    assert remaining == left


def test_a_bulk_statement_with_a_map_among_lists(url: str, tmp_path: Path) -> None:
    failure, left = changed(url, tmp_path, "remove-many", [{"ids": [1]}, {"ids": {"a": 1}}])
    assert failure.error_message.payload == {"row": 2}
    assert left == [1, 2, 3, 4]


def test_what_is_stored_is_json(url: str, tmp_path: Path) -> None:
    given = {"j": {"a": [1, 2]}, "n": "x", "ids": [1, 2]}
    _, left = outcome_of(url, tmp_path, "change", given, FLOWS + CHANGES, then="left")
    stored = {"a": [1, 2]} if kind_of(url) == "postgresql" else '{"a":[1,2]}'
    assert [row["j"] for row in left] == [stored, stored, None, None]


def test_what_is_stored_may_be_a_list_where_an_id_may_not(url: str, tmp_path: Path) -> None:
    failure, left = outcome_of(url, tmp_path, "change-one", {"j": [1], "id": [1]}, FLOWS + CHANGES, then="left")
    assert failure.description == "the parameter 'id' of a statement is a list, where one value is compared"
    assert [row["j"] for row in left] == [None] * 4


POSTGRES = [
    ("id = ANY(:v)", [1, 2], [1, 2]),
    ("id <> ALL(:v)", [1, 2], [3, 4]),
    ("id = ANY(:v::int[])", [], []),
    ("id IN (:v) OR :v IS NULL", [1], [1]),
    ("id IN (:v) OR :v IS NULL", None, [1, 2, 3, 4]),
    ("id IN (:v) AND :v IS NOT NULL", 3, [3]),
    ("ARRAY[id] = :v", [1], [1]),
    ("j = :v", {"a": 1}, []),
    ("coalesce(j, '{}') = :v::jsonb", {}, [1, 2, 3, 4]),
    ("'{\"a\": 1}'::jsonb @> :v", {"a": 1}, [1, 2, 3, 4]),
    ("id IN (SELECT unnest(:v::int[]))", [1, 2], [1, 2]),
    ("id IN (SELECT (jsonb_array_elements(:v::jsonb))::int)", [1, 2], [1, 2]),
]


@pytest.mark.parametrize(("condition", "value", "ids"), POSTGRES)
def test_types_of_postgresql(postgres: str, tmp_path: Path, condition: str, value: Any, ids: list[int]) -> None:
    assert outcome_of(postgres, tmp_path, "asked", {"v": value}, condition=condition) == ids


def test_an_operator_of_postgresql_takes_the_operands_of_in(postgres: str, tmp_path: Path) -> None:
    condition = "(1 = 1) = id IN (:v)"  # were it written with `=`, that would be a mistake
    assert outcome_of(postgres, tmp_path, "asked", {"v": [1]}, condition=condition) == [1]


@pytest.mark.parametrize(
    ("condition", "value", "ids"),
    [
        (":v IS NULL OR id IN (:v)", [1], [1]),
        (":v IS NULL OR id IN (:v)", None, [1, 2, 3, 4]),
        ("id IN (SELECT value FROM json_each(:v))", [1, 2], [1, 2]),
        ("json_array_length(:v) = 2", [1, 2], [1, 2, 3, 4]),
        ("id IN (:v)", ["1", "x"], [1]),
        ("name IN (:v)", [7], [4]),
        ("id IN (:v)", [True, 2**70, -(2**63)], [1]),
        ("name COLLATE NOCASE IN (:v)", ["A"], [1]),
        ("'a\0b' IN (:v)", ["a\0b"], [1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("scheme", ["sqlite://", "sqlite+aiosqlite://"])
def test_types_of_sqlite(tmp_path: Path, scheme: str, condition: str, value: Any, ids: list[int]) -> None:
    """Entries are compared as the column is, as single values are."""
    if "\0" in condition:
        condition = condition.replace("'a\0b'", "'a' || char(0) || 'b'")
    url = "sqlite://" if scheme == "sqlite://" else f"{scheme}/{tmp_path}/x.db"
    assert outcome_of(url, tmp_path, "asked", {"v": value}, condition=condition) == ids


@pytest.mark.parametrize("entry", ["\0", "a\0", "\0'\"]", "é\0😀", b"", b"\0", b"\xff\xfe", bytes(range(256))])
def test_entries_that_json_does_not_carry(tmp_path: Path, entry: Any) -> None:
    flows = FLOWS.replace("SELECT id FROM", "SELECT name AS id FROM").replace(
        "  fill:\n    steps:\n",
        "  note: {steps: [{db:insert: {config-ref: DB, sql: 'INSERT INTO item(name) VALUES(:v)',"
        " input-parameters: '#[payload]', target: done}}, {flow-ref: {name: asked}}]}\n  fill:\n    steps:\n",
    )
    given = {"v": entry, "ids": ["x", entry]}
    assert outcome_of("sqlite://", tmp_path, "note", given, flows, condition="name IN (:ids)") == [entry]


def test_an_index_is_used(tmp_path: Path) -> None:
    """On SQLite: the list is gone through, not the table."""
    flows = FLOWS.replace("SELECT id FROM", "EXPLAIN QUERY PLAN SELECT id FROM").replace("[].id", "[].detail")
    plan = outcome_of("sqlite://", tmp_path, "asked", {"v": [1, 2]}, flows, condition="id IN (:v)")
    assert any("SEARCH item USING INTEGER PRIMARY KEY" in line for line in plan)


def test_statements_with_lists_are_understood_before_they_run(url: str, tmp_path: Path) -> None:
    """By `engine check --connect`, which prepares them."""
    (tmp_path / "flows.yaml").write_text(FLOWS + CHANGES)
    given = {"url": url, "table": TABLES.get(kind_of(url), TABLE), "condition": "id IN (:a) AND id NOT IN (:b)"}

    async def running() -> Any:
        async with Application.load(tmp_path / "flows.yaml", properties=given) as app:
            await app.run("tables")
            mistakes = await app.parts.configs["DB"].probe()
            return [str(mistake) for mistake in mistakes if "pg_prepared_statements" not in str(mistake)]

    assert asyncio.run(running()) == []


def test_statements_that_are_kept_do_not_grow_with_lists(server: Any, mariadb: Any, tmp_path: Path) -> None:
    """However long lists are, a connection prepares a statement once, and SQLAlchemy knows one text."""
    from processors.db._sqlalchemy_statements import _clause

    many = list(range(1, 60))
    _, kept = outcome_of(server.new_database(), tmp_path, "many", many, FLOWS + CHANGES, then="prepared")
    assert kept["n"] < 10
    _clause.cache_clear()
    outcome_of(mariadb.new_database(), tmp_path, "many", many, FLOWS + CHANGES)
    assert _clause.cache_info().currsize < 10


SIMPLE = st.one_of(st.none(), st.integers(-5, 5))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(SIMPLE, max_size=4), value=SIMPLE)
def test_in_is_what_sql_says_it_is(entries: list[Any], value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`x IN (a, b)` is `x = a OR x = b`, of nothing false; NOT IN is its negation; null is unknown."""
    written = ", ".join("NULL" if entry is None else str(entry) for entry in entries)
    shown = "NULL" if value is None else str(value)
    plain = f"{shown} IN ({written})" if entries else "0"
    flows = f"""
configs: {{DB: {{db:config: {{url: "sqlite://"}}}}}}
flows:
  a:
    steps:
      - db:query-single:
          config-ref: DB
          sql: "SELECT {shown} IN (:v) AS a, {plain} AS b, {shown} NOT IN (:v) AS c, NOT ({plain}) AS d"
          input-parameters: "#[payload]"
"""
    file = tmp_path_factory.mktemp("in") / "flows.yaml"
    file.write_text(flows)
    row = asyncio.run(Application.load(file).run("a", {"v": entries})).payload
    assert (row["a"], row["c"]) == (row["b"], row["d"])


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("INSERT INTO t(a, b) VALUES (:a, :b)", "VALUE VALUE"),
        ("INSERT INTO t VALUES (:a) ON CONFLICT(a) DO UPDATE SET b = :b WHERE t.d < :d", "VALUE VALUE COMPARED"),
        ("INSERT INTO t VALUES (:a) ON DUPLICATE KEY UPDATE a = :b", "VALUE VALUE"),
        ("INSERT INTO t SET a = :a, b = :b", "VALUE VALUE"),
        ('UPDATE t SET "a b" = :a, t.c=:b, d[1] = :c, `e` = (:d) WHERE f = :e', "VALUE VALUE VALUE VALUE COMPARED"),
        ("UPDATE t SET a = CASE WHEN b = :a THEN :b ELSE :c END, d = :d", "COMPARED VALUE VALUE VALUE"),
        ("UPDATE t SET a = b = :a", "COMPARED"),
        ("SET @a = :a, @b = :b", "VALUE VALUE"),
        ("SELECT :a, f(:b), f(x, :c), (:d), :e::jsonb, a -> :f, a @> :g, a || :h, :i <@ a, a ? :j", "VALUE " * 10),
        ("SELECT f(a => :a, b := :b)", "VALUE VALUE"),
        ("CALL f(:a, :b)", "VALUE VALUE"),
        ("SELECT * FROM f(:a) LIMIT :b OFFSET :c", "VALUE VALUE VALUE"),
        ("WHERE a = :a AND b <> :b AND c != :c OR d<:d OR e>=:e", "COMPARED " * 5),
        ("WHERE :a = b AND :b::int > c AND (:c) < d", "COMPARED " * 3),
        ("WHERE a = (:a) AND lower(b) = lower(:b) AND lower(:c) = d", "COMPARED VALUE VALUE"),
        ("WHERE a LIKE :a AND b NOT ILIKE :b AND c IS NOT :c AND d IS NOT DISTINCT FROM :d", "COMPARED " * 4),
        ("WHERE a BETWEEN :a AND :b AND c AND :c", "COMPARED COMPARED VALUE"),
        ("WHERE a = :a::jsonb AND b ->> 'x' = :b AND d = ANY(:d)", "COMPARED COMPARED VALUE"),
        ("WHERE :a IS NULL OR :b IS NOT NULL OR (:c) IS NULL", "TESTED TESTED TESTED"),
        ("WHERE a IN (:a) AND b NOT IN (:b) AND c in(\n:c\n) AND d IN ((:d))", "AMONG NOT_AMONG AMONG AMONG"),
        ("WHERE a IN (:a, :b) AND c IN (1, :c) AND d IN (:d::int)", "COMPARED " * 4),
        ("WHERE a IN (SELECT b FROM f(:a)) AND c IN (SELECT d FROM e WHERE g = :b)", "VALUE COMPARED"),
        ("WHERE f_in(:a) AND b.in_c(:b) AND \"in\"(:c)", "VALUE VALUE VALUE"),
        ("WHERE a = -- IN (\n :a) OR b /* NOT IN ( */ = (:b)", "COMPARED COMPARED"),
        ("WHERE a = ':a' AND b = $$ IN (:b) $$ AND c = :c", "COMPARED"),
        ("WHERE a ~ :a AND b <=> :b AND c == :c", "COMPARED COMPARED COMPARED"),
        ("WHERE a =:a--x\n AND b =/* */:b", "COMPARED COMPARED"),
    ],
)  # fmt: skip
def test_what_parameters_are_for(sql: str, kinds: str) -> None:
    assert [place.kind for place in places_in(sql)] == [Kind[kind] for kind in kinds.split()]


def test_a_moment_among_moments(url: str, tmp_path: Path) -> None:
    flows = FLOWS.replace("SELECT id FROM item WHERE", "SELECT id FROM seen WHERE").replace(
        "flows:\n",
        'flows:\n  note: {steps: [{db:execute-script: {config-ref: DB, sql: "CREATE TABLE seen(id INTEGER, at TIMESTAMP'
        " NULL); INSERT INTO seen VALUES(1, '2024-05-01 10:20:30'), (2, '2024-05-01 10:20:31')\"}}]}\n",
    )
    flows = flows.replace(
        "  asked:\n    steps:\n", "  asked:\n    steps:\n      - flow-ref: {name: note, target: done}\n"
    )
    moments = {"v": [datetime(2024, 5, 1, 10, 20, 30), datetime(2030, 1, 1)]}
    assert outcome_of(url, tmp_path, "asked", moments, flows, condition="at IN (:v)") == [1]
