"""`engine run`: one flow, one payload."""

from __future__ import annotations

import sys

import click
import msgspec

from engine.application import Application, StartError
from engine.core.errors import FlowError
from engine.core.media import read_json
from engine.expressions.writing import encode


async def run_flow(app: Application, flow: str, body: bytes | None) -> int:
    """Run the flow and print its payload as JSON; the exit code."""
    try:
        payload = read_json(body) if body and body.strip() else None
    except ValueError as error:
        click.echo(f"engine: the payload is no JSON: {error}", err=True)
        return 1
    try:
        async with app:
            event = await app.run(flow, payload)
        click.echo(msgspec.json.format(encode(event.payload), indent=2))
    except (LookupError, StartError) as error:
        click.echo(f"engine: {error.args[0]}", err=True)
        return 1
    except FlowError as error:
        click.echo(f"engine: {error}", err=True)
        return 1
    except (NotImplementedError, ValueError, RecursionError) as error:
        click.echo(f"engine: the payload cannot be written as JSON: {error}", err=True)
        return 1
    sys.stdout.flush()
    return 0
