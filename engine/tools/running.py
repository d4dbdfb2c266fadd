"""`engine run`: one flow, one payload."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from engine.application import Application
from engine.edition import StartError
from engine.expressions.writing import encode
from engine.tools.logs.lines import printable_lines
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.secrets import Secrets


async def run_flow(app: Application, flow: str, entering: Event) -> int:
    """Run the flow on an event and print its payload as JSON; return the exit code."""
    try:
        async with app:
            event = await app.run(flow, entering.payload, vars=entering.vars, attributes=entering.attributes)
    except (LookupError, StartError) as error:
        return _fail(Secrets(app.parts.secrets).hide(str(error.args[0])))
    except FlowError as error:
        return _fail(Secrets(app.parts.secrets).hide(error.for_log))
    return _print(event.payload)


def _print(payload: Any) -> int:
    try:
        text = msgspec.json.format(encode(payload), indent=2)
    except (TypeError, NotImplementedError, ValueError, RecursionError) as error:
        return _fail(f"the payload cannot be written as JSON: {error}")
    click.echo(text)
    return 0


def _fail(message: str) -> int:
    click.echo(f"engine: {printable_lines(message)}", err=True)
    return 1
