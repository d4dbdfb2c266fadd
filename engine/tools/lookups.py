"""The commands that look something up: elements, functions, values of expressions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from engine.tools.commands import (
    attributes_option,
    elements_of,
    env_option,
    fail,
    fail_unknown,
    given,
    given_event,
    known_functions,
    load,
    paths_argument,
    payload_option,
    processors_option,
    set_option,
    vars_option,
)

if TYPE_CHECKING:
    from engine.application import Application

DATAWEAVE = "dataweave"
language_option = click.option(
    "--language",
    type=click.Choice(["jmespath", DATAWEAVE]),
    default="jmespath",
    show_default=True,
    help="The expression language.",
)
FLOW = "flow"
"""The topic that is a flow of the user's own."""


@click.group(invoke_without_command=True)
@processors_option
@click.pass_context
def processors(context: click.Context, processors: tuple[str, ...]) -> None:
    """List the elements that flows can use; `show NAME` prints a manual page."""
    context.obj = given(None, processors=processors)
    if context.invoked_subcommand is None:
        from engine.manual.pages import summary

        catalog = elements_of(context.obj)
        elements = dict(catalog.elements())
        wide = max(map(len, elements), default=0)
        for name, element in elements.items():
            click.echo(f"{name:{wide}}  {summary(element)}")
        for error in catalog.broken():
            click.echo(str(error), err=True)


@processors.command()
@click.argument("name")
@processors_option
@click.pass_context
def show(context: click.Context, name: str, processors: tuple[str, ...]) -> None:
    """Print the manual page of an element."""
    from engine.loading.catalog import CatalogError
    from engine.manual.pages import page

    catalog = elements_of(given(None, processors=processors) if processors else context.obj)
    if name not in catalog:
        fail_unknown("element", name, catalog.names(), "engine processors")
    try:
        click.echo(page(name, catalog[name]))
    except CatalogError as error:
        fail(str(error))


@click.command("eval")
@click.argument("expression", required=False)
@payload_option
@vars_option
@attributes_option
@language_option
@click.option("--source", is_flag=True, help="Print the Python that the expression compiles to.")
def evaluate(
    expression: str | None, payload: Any, variables: str | None, attributes: str | None, language: str, source: bool
) -> None:
    """Evaluate an expression; without one, a prompt. A script in DataWeave prints what its `output` says."""
    if language == DATAWEAVE:
        _evaluate_script(expression, payload, variables, attributes, source)
    from engine.tools.evaluating import evaluate
    from engine.tools.playground.prompt import Prompt, converse

    if expression is None and getattr(payload, "name", "") == "<stdin>":
        fail("the payload comes from the standard input, so the expression must be an argument")
    event = given_event(payload, variables, attributes)
    if expression is None:
        converse(Prompt(event))
    else:
        sys.exit(evaluate(expression, event, source=source))


def _evaluate_script(
    script: str | None, payload: Any, variables: str | None, attributes: str | None, source: bool
) -> NoReturn:
    from engine.tools.entering import inputs
    from engine.tools.evaluating import evaluate_script

    if script is None:
        fail("a script in DataWeave is an argument: there is no prompt for it")
    try:
        given = inputs(payload.read() if payload else None, getattr(payload, "name", ""), variables, attributes)
    except ValueError as error:
        fail(str(error))
    sys.exit(evaluate_script(script, given, source=source))


@click.group(invoke_without_command=True)
@language_option
@click.pass_context
def functions(context: click.Context, language: str) -> None:
    """List the functions of expressions; `show NAME` prints a manual page.

    Arguments in brackets may be left out; one that begins with & is an expression, written with the &.
    """
    context.obj = language
    if context.invoked_subcommand is not None:
        return
    if language == DATAWEAVE:
        from engine.dataweave import lines

        click.echo("\n".join(lines()))
    else:
        from engine.manual.pages import function_list

        click.echo("\n".join(function_list(known_functions())))


@functions.command("show")
@click.argument("name")
@click.pass_context
def show_function(context: click.Context, name: str) -> None:
    """Print the manual page of a function."""
    from engine.manual.pages import function_page

    if context.obj == DATAWEAVE:
        _show_of_dataweave(name)
        return
    known = known_functions()
    if name not in known:
        fail_unknown("function", name, known, "engine functions")
    click.echo(function_page(known[name]))


def _show_of_dataweave(name: str) -> None:
    """Print the manual pages of what has a name in DataWeave: in its full form, or in the form after the `::`."""
    from engine.dataweave import declared, page

    known = dict(declared())
    found = [each for each in known if each == name or each.rpartition("::")[2] == name]
    if not found:
        names = {each.rpartition("::")[2] for each in known} | set(known)
        fail_unknown("function", name, names, "engine functions --language dataweave")
    click.echo("\n\n".join(page(each, known[each]) for each in found))


@functions.command()
def dataweave() -> None:
    """Print how DataWeave's operators and functions are written here."""
    from engine.manual.pages import dataweave_page

    click.echo(dataweave_page())


@click.command()
@click.argument("topic", required=False)
@click.argument("name", required=False)
@paths_argument
@set_option
@env_option
@processors_option
def explain(
    topic: str | None, name: str | None, paths: tuple[str, ...], settings: tuple[str, ...], env: str | None,
    processors: tuple[str, ...],
) -> None:  # fmt: skip
    """Explain a file (flow-file, test-file, project-file), a mistake (F504), or what a flow does (flow NAME PATHS).

    For a flow it reports each step: whether it waits, what is committed together, who handles its errors. Without a
    TOPIC, all are listed.
    """
    if topic == FLOW:
        _explain_flow(name, load(paths, settings, processors, env))
    else:
        _explain(topic)


def _explain_flow(name: str | None, app: Application) -> None:
    if name is None or name not in app.parts.runnables:
        fail_unknown("flow", name or "", app.parts.runnables, "engine explain flow NAME PATHS")
    from engine.manual.explaining_flow import flow_page

    click.echo(app.parts.runtime.secrets.hide(flow_page(app.parts, name)))


def _explain(topic: str | None) -> None:
    from engine.manual.explaining import PAGES, page_of, page_of_mistake
    from engine.manual.mistakes import pages

    mistakes = pages()
    if topic is None:
        click.echo("\n".join(f"engine explain {name}" for name in (*PAGES, f"{FLOW} NAME PATHS")))
        click.echo("\n".join(f"engine explain {code}  {page.means}" for code, page in mistakes.items()))
    elif topic in PAGES:
        click.echo(page_of(topic))
    elif topic in mistakes:
        click.echo(page_of_mistake(mistakes[topic]))
    else:
        fail_unknown("topic", topic, [*PAGES, FLOW, *mistakes], "engine explain")


@click.command()
def limits() -> None:
    """List the bounds on the cost of callers, upstreams and payloads: their values, reasons, and the effect beyond."""
    from engine.manual.pages import limits_page

    click.echo(limits_page())
