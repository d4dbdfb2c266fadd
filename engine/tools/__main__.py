"""`python -m engine.tools` is the command `engine`."""

from engine.tools.cli import main

main()
