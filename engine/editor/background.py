"""Checks sites in a few threads, and publishes what they find. The newest text wins."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from typing import NamedTuple

from lsprotocol import types

from engine.editor.publishing import published
from engine.editor.site import Site
from engine.editor.texts import Text
from engine.editor.workspace import Workspace
from engine.loading.diagnostic import Diagnostic
from engine.loading.memory import Superseded

log = logging.getLogger("engine.editor")


THREADS = 3
"""How many sites are checked at the same time: a large one does not keep others waiting."""


class _Told(NamedTuple):
    """What was published of a file: by which site, of which version, and as which file the editor knows it."""

    site: Site
    version: int | None
    found: list[Diagnostic]
    uri: str


class Background:
    """The threads, and the sites that wait for one."""

    def __init__(
        self,
        files: Workspace,
        publish: Callable[[types.PublishDiagnosticsParams], None],
        documentation: str | None,
    ) -> None:
        """documentation: the address of the pages of mistakes."""
        self._files = files
        self._send = publish
        self._documentation = documentation
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, Site] = {}
        self._under_way: set[int] = set()
        self._changed = Condition()
        self._is_ending = False
        self._is_to_find = False
        self._told: dict[Path, _Told] = {}
        """What was published last of each file."""
        for number in range(THREADS):
            Thread(target=self._work, name=f"checks {number}", daemon=True).start()

    def check(self, site: Site) -> None:
        """Have a site checked; what is found of it by a check that is under way is dropped."""
        with self._changed:
            self._waiting.pop(id(site), None)
            self._waiting[id(site)] = site
            self._changed.notify_all()

    def begin(self) -> None:
        """Have the projects of the workspace found and checked."""
        with self._changed:
            self._is_to_find = True
            self._changed.notify_all()

    def stop(self) -> None:
        """End as soon as possible."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()

    def _work(self) -> None:
        while not self._is_ending:
            site = self._next()
            try:
                self._check(site) if site else self._find_projects()
            except Superseded:
                pass
            except BaseException:  # a bug, of ours or in a processor of the project: the next text may not meet it
                log.exception("the files of %s cannot be checked", site.folder if site else "the workspace")
            with self._changed:
                self._under_way.discard(id(site))
                self._changed.notify_all()

    def _next(self) -> Site | None:
        """Return the site that was asked for last, of those that no other thread has; None to look for projects."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ending or self._is_to_find or self._free())
            site = self._waiting.pop(self._free()[-1]) if self._free() and not self._is_ending else None
            if site is None:
                self._is_to_find = False
            else:
                self._under_way.add(id(site))
            return site

    def _free(self) -> list[int]:
        return [key for key in self._waiting if key not in self._under_way]

    def _find_projects(self) -> None:
        if self._is_ending:
            return
        for site in list(self._files.find_projects()):
            self.check(site)

    def _check(self, site: Site) -> None:
        def is_stale() -> bool:
            return id(site) in self._waiting or self._is_ending

        is_first = not site.checked.by_file
        gc.disable()  # nothing of what is built is garbage by now
        try:
            texts = dict(site.texts)
            for checked in site.check(is_stale):
                if not is_stale():
                    self._loop.call_soon_threadsafe(self._publish, site, dict(checked.by_file), texts)
        finally:
            if is_first:
                gc.freeze()  # what was loaded stays: collecting would look at it again and again
            gc.enable()

    def _publish(self, site: Site, by_file: dict[Path, list[Diagnostic]], texts: dict[Path, Text]) -> None:
        """Send the diagnostics of the files for which they are others than before, and of those with new texts."""
        if site not in list(self._files.sites.values()):
            return  # a project file has changed since: another site has these files now
        for path, found in by_file.items():
            text = texts.get(path) or self._files.files.text(path)
            found = [*found, *site.failures_of(path)]
            if text is None or self._was_told(path, _Told(site, text.version, found, text.uri)):
                continue
            document = site.files.document(path)
            diagnostics = [published(each, text, document, self._files, self._documentation) for each in found]
            params = types.PublishDiagnosticsParams(text.uri, diagnostics, text.version)
            self._send(params)
        self._take_back(lambda path, told: told.site is site and path not in by_file)
        self.forget_gone()

    def _was_told(self, path: Path, now: _Told) -> bool:
        """Note what is told of a file, and return whether it is the same as before."""
        before, self._told[path] = self._told.get(path), now
        return before is not None and (before.version, before.found) == (now.version, now.found)

    def forget_gone(self) -> None:
        """Take back what was told of files that are gone, or that belong to no site any more."""
        sites = list(self._files.sites.values())
        self._take_back(
            lambda path, told: (
                self._files.files.text(path) is None
                or (told.site not in sites and not any(site.has(path) for site in sites))
            )
        )

    def _take_back(self, is_over: Callable[[Path, _Told], bool]) -> None:
        for path, told in list(self._told.items()):
            if is_over(path, told):
                del self._told[path]
                if told.found:
                    self._send(types.PublishDiagnosticsParams(told.uri, []))
