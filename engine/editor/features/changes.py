"""Code actions: fixes of mistakes, and changes that keep what flows do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lsprotocol import types

from engine.editor.actions.action import Action
from engine.editor.actions.collecting import collect_action
from engine.editor.actions.extracting import row_actions
from engine.editor.actions.testing import test_action
from engine.editor.actions.written import quick_fixes
from engine.editor.features.shared import Asked, asked, outside, workspace_edit


def code_actions(ls: Any, params: types.CodeActionParams) -> list[types.CodeAction]:
    file = asked(ls, params.text_document.uri)
    if file is None:
        return []
    wanted = [kind.value if isinstance(kind, types.CodeActionKind) else kind for kind in params.context.only or []]
    is_automatic = params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
    return [
        _action(ls, file, action, params)
        for action in (_within(ls, each) for each in _offered(file, params.range))
        if (not wanted or any(action.kind == kind or action.kind.startswith(f"{kind}.") for kind in wanted))
        and not (action.disabled and is_automatic)
    ]


def _offered(file: Asked, selected: types.Range) -> Iterator[Action]:
    index, path = file.index, file.path
    start, end = file.offset(selected.start), file.offset(selected.end)
    found = index.site.checked.by_file.get(path, [])
    lines = range(selected.start.line, selected.end.line + 1)
    near = [each for each in found if file.text.position(file.text.offset_of(each.place))[0] in lines]
    yield from quick_fixes(path, index.site.document(path).text, near)
    if path in index.broken():
        return
    yield from row_actions(index, path, start, end)
    for action in (collect_action(index, path, start), test_action(index, path, start)):
        if action:
            yield action


def _action(ls: Any, file: Asked, action: Action, params: types.CodeActionParams) -> types.CodeAction:
    disabled = types.CodeActionDisabled(action.disabled) if action.disabled else None
    edit = None if disabled else workspace_edit(ls, action.edits, action.new_files)
    kind = types.CodeActionKind(action.kind)
    fixed = [each for each in params.context.diagnostics if action.fixes and _is_of(file, each, action)]
    preferred = True if action.fixes else None
    return types.CodeAction(action.title, kind, fixed or None, preferred, disabled, edit)


def _within(ls: Any, action: Action) -> Action:
    """Return an action that writes through no link that leads out: one that would is not possible."""
    reason = outside(ls, [*action.new_files, *(edit.span.path for edit in action.edits)])
    return action if action.disabled or not reason else replace(action, disabled=reason)


def _is_of(file: Asked, diagnostic: types.Diagnostic, action: Action) -> bool:
    if action.fixes is None or diagnostic.code != action.fixes.code:
        return False
    start = diagnostic.range.start
    return file.text.position(file.text.offset_of(action.fixes.place)) == (start.line, start.character)
