"""Code lenses, and the commands behind them: tests and flows are run, and their outcomes shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from lsprotocol import types

from engine.editor.features.shared import Asked, asked, range_of
from engine.editor.lenses.lens import Lens, lenses
from engine.editor.lenses.running import Outcome, run_flow, run_tests
from engine.editor.site import Site

_passed: WeakKeyDictionary[Site, dict[Path, tuple[str, dict[int, int]]]] = WeakKeyDictionary()
"""How often tests passed each line, with the text that the file had then."""


def code_lenses(ls: Any, params: types.CodeLensParams) -> list[types.CodeLens]:
    file = asked(ls, params.text_document.uri)
    if file is None:
        return []
    source, lines = _passed.get(file.index.site, {}).get(file.path, ("", None))
    found = lenses(file.index, file.path, lines if source == file.text.source else None)
    return [_lens(file, each) for each in found]


def _lens(file: Asked, lens: Lens) -> types.CodeLens:
    arguments = [file.text.uri, lens.name] if lens.command else None
    command = types.Command(lens.title, lens.command, arguments=arguments)
    return types.CodeLens(range_of(file.text, lens.start, lens.end), command)


async def run_test(ls: Any, uri: str, case: str = "") -> dict[str, Any]:
    """Run a case of a test file, or all; show the outcome, and the cases that failed at their lines."""
    file = asked(ls, uri)
    if file is None:
        return _told(ls, Outcome("this file belongs to no flows", has_failed=True))
    outcome = await run_tests(file.path, case)
    site = file.index.site
    passed = _passed.setdefault(site, {})
    for path, lines in outcome.lines.items():
        if (text := site.files.text(path)) and site.has(path):
            passed[path] = text.source, lines
    site.failures[file.path] = file.text.source, outcome.failures
    ls.check([site])
    if ls.client_capabilities.workspace and ls.client_capabilities.workspace.code_lens:
        ls.workspace_code_lens_refresh(None)
    return _told(ls, outcome)


run_test.__test__ = False  # type: ignore[attr-defined]  # for pytest it would look like a test


async def flow_run(ls: Any, uri: str, flow: str) -> dict[str, Any]:
    """Run a flow, and show its payload."""
    file = asked(ls, uri)
    if file is None:
        return _told(ls, Outcome("this file belongs to no flows", has_failed=True))
    return _told(ls, await run_flow(file.index.site.paths, flow))


def _told(ls: Any, outcome: Outcome) -> dict[str, Any]:
    kind = types.MessageType.Error if outcome.has_failed else types.MessageType.Info
    ls.window_show_message(types.ShowMessageParams(kind, outcome.text))
    return {"hasFailed": outcome.has_failed, "text": outcome.text}
