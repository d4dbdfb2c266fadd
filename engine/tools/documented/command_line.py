"""The pages of commands, derived from their options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from engine.tools.documented.pages import Page, Section, block, code, joined, link, prose, table

FOLDER = "reference/commands"


def path_of(name: str) -> str:
    return f"{FOLDER}/{name}.md"


def commands_section(main: click.Group) -> Section:
    """Return a page for each command, with those below it."""
    with click.Context(main, info_name="engine") as context:
        commands = sorted((name, command) for name, command in main.commands.items() if not command.hidden)
        path = f"{FOLDER}/index.md"
        rows = [(link(code(f"engine {name}"), path_of(name), path), _summary(each)) for name, each in commands]
        index = Page(path, "Commands", joined(["# Commands", table(["command", "purpose"], rows)]))
        found = [Page(path_of(name), name, joined(_page(name, each, context, 1))) for name, each in commands]
    return Section("Commands", [index, *found])


def _summary(command: click.Command) -> str:
    return prose(" ".join(inspect.cleandoc(command.help or "").partition("\n\n")[0].split()))


def _page(name: str, command: click.Command, parent: click.Context, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield f"{'#' * level} {context.command_path}"
    yield block(f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}", "text")
    yield from (prose(" ".join(each.split())) for each in inspect.cleandoc(command.help or "").split("\n\n"))
    records = [each.get_help_record(context) for each in command.get_params(context)]
    rows = [(code(record[0]), prose(record[1])) for record in records if record and record[1]]
    if rows:
        yield table(["option", "meaning"], rows)
    for inner, each in command.commands.items() if isinstance(command, click.Group) else ():
        yield from _page(inner, each, context, level + 1)
