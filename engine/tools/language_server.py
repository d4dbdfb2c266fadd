"""`engine lsp`: the language server, for editors."""

from __future__ import annotations

import gc
import logging
import os
from typing import BinaryIO

import click

from engine.tools.commands import fail


@click.command()
@click.option(
    "--tcp", type=click.IntRange(1, 65535), metavar="PORT", help="Serve one editor at 127.0.0.1:PORT instead."
)
def lsp(tcp: int | None) -> None:
    """Help editors with flow files, over the standard input and output (the Language Server Protocol)."""
    gc.disable()  # until the first flows are loaded: what is imported stays
    try:
        from engine.editor.server import server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol", "cattrs"):
            raise
        fail("the language server needs the package pygls: pip install 'flow-engine[editor]'")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if tcp is None:
        server.start_io(stdout=_output_alone())
    else:
        server.start_tcp("127.0.0.1", tcp)


def _output_alone() -> BinaryIO:
    """Return the standard output for messages alone: what a project's processors print goes to the standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output
