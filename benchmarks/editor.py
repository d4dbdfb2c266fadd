"""How fast the language server answers: 200 flow files, one of them edited.

    python benchmarks/editor.py [FILES]

A real client drives `engine lsp` over its standard input and output. A keystroke is a change of one character of a
file; it counts until the diagnostics of that version are there. Start: from the start of the process until it has
answered `initialize`. Reported are the median and the 95th percentile, in milliseconds.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from editor_client import Editor, editor  # noqa: E402  # a client for tests
from lsprotocol import types  # noqa: E402

KEYSTROKES = 60
NAMES = ("bulk-upsert", "upsert-single-record", "Listener", "Database")
"""What each copy has names of its own for."""


def write_files(folder: Path, number: int) -> list[Path]:
    """Write copies of the shipped flow, with names of their own; return their paths."""
    text = (ROOT / "flows" / "bulk-upsert.yaml").read_text()
    paths = [folder / f"flow-{each}.yaml" for each in range(number)]
    for each, path in enumerate(paths):
        own = text
        for name in (
            "bulk-upsert",
            "upsert-single-record",
            "Customers",
            "Api",
            "Listener",
            "HTTP_Listener",
            "Database",
        ):
            own = own.replace(name, f"{name}-{each}")
        path.write_text(own)
    return paths


def lines_of(path: Path) -> list[str]:
    return path.read_text().split("\n")


async def keystrokes(client: Editor, paths: list[Path]) -> list[float]:
    """Return the seconds from a change to its diagnostics."""
    chosen, taken = random.Random(1), []  # noqa: S311  # not for secrets
    lines = {path: lines_of(path) for path in paths[:10]}
    for number in range(KEYSTROKES):
        path = chosen.choice(paths[:10])
        line = next(at for at, text in enumerate(lines[path]) if "type(payload" in text)
        began = perf_counter()
        version = client.change(path, ((line, 12), (line, 12 + number % 2), "x" if number % 2 == 0 else ""))
        await client.diagnostics(path, version)
        taken.append(perf_counter() - began)
    return taken


async def answers(
    ask: Callable[[types.TextDocumentIdentifier, types.Position], Awaitable[Any]], path: Path
) -> list[float]:
    """Return the seconds that a request takes at places all over a file."""
    taken = []
    for number, line in enumerate(lines_of(path)):
        began = perf_counter()
        await ask(types.TextDocumentIdentifier(path.as_uri()), types.Position(number, len(line)))
        taken.append(perf_counter() - began)
    return taken


def tell(what: str, taken: list[float]) -> None:
    slowest = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    print(f"{what:40} p50 {median(taken) * 1000:8.1f} ms   p95 {slowest * 1000:8.1f} ms   ({len(taken)})", flush=True)


async def main(number: int) -> None:
    with TemporaryDirectory() as folder:
        paths = write_files(Path(folder), number)
        began = perf_counter()
        async with editor(paths[0].parent) as client:
            tell("start", [perf_counter() - began])
            for path in paths[:10]:
                client.open(path)
            await client.diagnostics(paths[0], 1)
            tell(f"first diagnostics, {number} files", [perf_counter() - began])
            for path in paths[:10]:
                await client.diagnostics(path, 1)
            tell(f"keystroke to diagnostics, {number} files", await keystrokes(client, paths))
            if client.capabilities.completion_provider:
                ask = client.text_document_completion_async
                tell("completion", await answers(lambda *at: ask(types.CompletionParams(*at)), paths[0]))
            if client.capabilities.hover_provider:
                show = client.text_document_hover_async
                tell("hover", await answers(lambda *at: show(types.HoverParams(*at)), paths[0]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
