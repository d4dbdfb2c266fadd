"""`engine test`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from engine.tools.commands import (
    elements_of,
    env_option,
    given,
    paths_argument,
    processors_option,
    set_option,
)


@click.command()
@paths_argument
@click.option(
    "-k", "wish", default="", metavar="WORDS", help="Only cases whose names hold these: 'bulk and not empty'."
)
@click.option("--tag", "tags", multiple=True, help="Only cases with this tag, or another one that is named.")
@click.option("-x", "--exitfirst", is_flag=True, help="Stop at the first failure.")
@click.option("--junit", type=click.Path(dir_okay=False), help="A file for the results in JUnit's XML.")
@click.option("--workers", type=click.IntRange(1, 512), help="Processes among which the files are shared; else cores.")
@click.option("--watch", is_flag=True, help="Run them again when a file changes.")
@click.option("--coverage", is_flag=True, help="Tell which lines, branches and error paths of the flows they pass.")
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit code 1 where less of the lines, or of the branches, of all flow files is passed; with --mutate, where "
    "less of the mistakes is caught (95).",
)  # fmt: skip
@click.option(
    "--mutate", is_flag=True,
    help="Make mistakes in the flows, one at a time (a step left out, a condition turned, other SQL), and tell those "
    "that no case catches.",
)  # fmt: skip
@click.option(
    "--chaos", is_flag=True,
    help="Make the requests of the cases while each operation fails once with each of its errors, and tell what "
    "callers got; exit code 1 where one got no answer, or a status that its flow does not declare.",
)  # fmt: skip
@click.option(
    "--html", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Coverage, as pages in DIR."
)
@click.option(
    "--lcov", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Coverage, as LCOV has it, in FILE."
)
@click.option(
    "--database", "databases", multiple=True, metavar="URL",
    help="A server (PostgreSQL, MySQL, MariaDB) on which tests make databases of their own, in place of the flows'."
)  # fmt: skip
@set_option
@env_option
@processors_option
def test(
    paths: tuple[str, ...], wish: str, tags: tuple[str, ...], exitfirst: bool, junit: str | None, workers: int | None,
    watch: bool, coverage: bool, fail_under: float | None, html: Path | None, lcov: Path | None,
    mutate: bool, chaos: bool, databases: tuple[str, ...], settings: tuple[str, ...], env: str | None,
    processors: tuple[str, ...],
) -> None:  # fmt: skip
    """Run the cases of test files (*.test.yaml), those in folders included; exit code 1 if one fails."""
    from engine.testing.files.choosing import Wish
    from engine.testing.working import Order
    from engine.tools.tested.covering import Reports
    from engine.tools.tested.testing import run_tests

    try:
        Wish(wish)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="-k") from None
    known = given(paths, settings, processors, env)
    elements_of(known)
    known = replace(known, paths=paths or known.paths)  # tests may lie beside the flows of a project
    if watch:
        from engine.tools.served.reload import again_and_again

        sys.exit(again_and_again(known, sys.argv[1:], "--watch"))
    covers = coverage or fail_under is not None or html is not None or lcov is not None
    servers = (*databases, *known.databases)
    chosen = (wish, frozenset(tags), exitfirst, covers)
    order = Order(known.properties, known.processors, *chosen, servers, known.project, env)
    if mutate:
        from engine.tools.tested.mutating import mutate as run_mutants

        sys.exit(run_mutants(known.paths, replace(order, stops=False, covers=False), workers, fail_under))
    if chaos:
        from engine.tools.tested.wrecking import run_chaos

        sys.exit(run_chaos(known.paths, order))
    sys.exit(run_tests(known.paths, order, workers, junit, Reports(fail_under, html, lcov)))
