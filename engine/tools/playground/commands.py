"""`engine try`: the command."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from engine.tools.commands import (
    attributes_option,
    env_option,
    fail,
    given,
    given_event,
    load_given,
    paths_argument,
    payload_option,
    processors_option,
    set_option,
    vars_option,
)
from engine.tools.logs.options import LogSettings, level_option


@click.command("try")
@click.argument("flow")
@paths_argument
@payload_option
@vars_option
@attributes_option
@set_option
@env_option
@processors_option
@level_option
def try_(
    flow: str, paths: tuple[str, ...], payload: Any, variables: str | None, attributes: str | None,
    settings: tuple[str, ...], env: str | None, processors: tuple[str, ...], log_level: str,
) -> None:  # fmt: skip
    """Run a flow or sub-flow step by step at a prompt, and see the event after each step; it acts for real.

    Lines may come from the standard input, too. Exit code 1 if the flow has ended with an error.
    """
    from engine.edition import StartError
    from engine.tools.logs.configuring import configure
    from engine.tools.playground.prompt import converse
    from engine.tools.playground.stepping import Stepping, left
    from engine.tools.playground.walk import PausedLoop, Walk
    from engine.values.secrets import Secrets

    if getattr(payload, "name", "") == "<stdin>":
        fail("the lines come from the standard input, so the payload must be in a file")
    event = given_event(payload, variables, attributes)

    def hide(text: str) -> str:
        return Secrets(app.parts.secrets).hide(text)

    walk = Walk(left(hide))
    app = load_given(given(paths, settings, processors, env), around=[walk.around])
    configure(LogSettings(log_level), app.parts)
    with asyncio.Runner(loop_factory=PausedLoop) as runner:
        try:
            stepping = Stepping(app, flow, event, runner, walk, hide)
            converse(stepping)
        except (LookupError, StartError) as error:
            fail(hide(str(error.args[0])))
        finally:
            runner.run(walk.leave(app))
            runner.run(app.stop())
    sys.exit(stepping.has_failed)
