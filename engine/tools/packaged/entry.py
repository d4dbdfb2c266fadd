"""The command of an application that is installed as a wheel."""

from __future__ import annotations

import sys
from pathlib import Path

COMMANDS = ("serve", "check", "run", "openapi")
"""The commands of `engine` that work on installed flows; without one, they are served."""


def start(name: str, flows: Path) -> None:
    """Do what the command line says: `NAME serve --port 80` is `engine serve FLOWS --port 80`."""
    from engine.tools.cli import main

    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first and not first.startswith("-") and first not in COMMANDS:
        sys.exit(f"{name}: there is no command '{first}'; it has {', '.join(COMMANDS)}")
    command, rest = (first, sys.argv[2:]) if first in COMMANDS else (COMMANDS[0], sys.argv[1:])
    sys.argv = [name, command, str(flows), *rest]  # `serve --reload` reads it again
    main(prog_name=name)
