"""Tests of flows on a server of the same dialect: databases that they make, empty for each case, and throw away."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.loading.catalog import discover
from engine.testing.files.suite import TestFile
from engine.testing.session import Result, Session

CATALOG = discover()
FLOWS = """
configs:
  Writer: {{db:config: {{url: "{url}", initScript: "CREATE TABLE item(id INTEGER PRIMARY KEY)"}}}}
  Reader: {{db:config: {{url: "{url}"}}}}
flows:
  put:
    steps:
      - foreach:
          steps:
            - db:insert:
                {{config-ref: Writer, sql: INSERT INTO item VALUES(:id), input-parameters: {{id: "#[payload]"}}}}
      - db:query-single: {{config-ref: Reader, sql: SELECT count(*) AS n FROM item}}
  schema:
    steps: [{{db:execute-ddl: {{config-ref: Writer, sql: "CREATE {schema} flow_test_extra"}}}}]
"""
CASES = """
cases:
  the first: {flow: put, given: {payload: [1, 2, 3]}, expect: {payload.n: 3}}
  the second: {flow: put, given: {payload: [1, 2]}, expect: {payload.n: 2}}
  what it makes beside: {flow: schema}
  is gone in the next: {flow: schema}
"""
FAR_AWAY = {
    "postgresql": "postgresql://shop@production.example.org/shop",
    "mariadb": "mariadb+asyncmy://shop@production.example.org/shop",
}


async def run_all(session: Session) -> list[Result]:
    await session.open()
    results = [await session.run(case) for case in session.file.cases]
    await session.close()
    return results


def session_on(folder: Path, backend: str, server: str, cases: str = CASES) -> Session:
    flows = FLOWS.format(url=FAR_AWAY[backend], schema="SCHEMA" if backend == "postgresql" else "TABLE")
    (folder / "a.yaml").write_text(flows if backend == "postgresql" else flows.replace("extra", "extra(id INTEGER)"))
    (folder / "a.test.yaml").write_text(cases)
    session = Session(TestFile.read(folder / "a.test.yaml"), CATALOG, databases=[server])
    session.check()
    return session


def databases_at(backend: str, server: Any) -> set[str]:
    if backend == "postgresql":
        from postgres_server import query

        return {row["datname"] for row in asyncio.run(query(server.url(), "SELECT datname FROM pg_database"))}
    return set(server.ask("SHOW DATABASES"))


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
def test_cases_have_databases_of_their_own_which_are_gone_afterwards(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = request.getfixturevalue({"postgresql": "server", "mariadb": "mariadb"}[backend])
    url = server.url() if backend == "postgresql" else server.new_database()
    before = databases_at(backend, server)
    results = asyncio.run(run_all(session_on(tmp_path, backend, url)))
    assert [(each.status, each.text) for each in results] == [("passed", "")] * 4
    assert databases_at(backend, server) == before


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
def test_a_server_that_is_not_there_fails_the_cases_and_says_so(backend: str, tmp_path: Path) -> None:
    url = {"postgresql": "postgresql://a@127.0.0.1:1/a", "mariadb": "mysql+asyncmy://a@127.0.0.1:1/a"}[backend]
    results = asyncio.run(run_all(session_on(tmp_path, backend, url)))
    assert {each.status for each in results} == {"failed"}
    assert "the config 'Writer' cannot be started" in results[0].text


def test_a_server_of_another_dialect_does_not_help(tmp_path: Path) -> None:
    results = asyncio.run(run_all(session_on(tmp_path, "postgresql", "mysql+asyncmy://a@127.0.0.1:1/a")))
    assert "this call of db:insert would leave the test" in results[0].text
    assert "engine test --database postgresql://" in results[0].text


def test_what_is_real_by_name_is_the_database_of_its_url(server: Any, tmp_path: Path) -> None:
    url = server.new_database()
    flows = FLOWS.format(url=url, schema="SCHEMA")
    (tmp_path / "a.yaml").write_text(flows)
    case = "{it: {flow: put, given: {payload: [1]}, expect: {payload.n: 1}}}"
    (tmp_path / "a.test.yaml").write_text(f"real: [Writer, Reader]\ncases: {case}")
    session = Session(TestFile.read(tmp_path / "a.test.yaml"), CATALOG)
    session.check()
    assert [each.text for each in asyncio.run(run_all(session))] == [""]
    from postgres_server import query

    schema = url.rpartition("=")[2]
    rows = asyncio.run(query(server.url(), f"SELECT id FROM {schema}.item"))  # noqa: S608  # a name of ours
    assert [row["id"] for row in rows] == [1]
