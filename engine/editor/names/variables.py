"""Which mentions of a variable mean the same one: those in flows of which one leads to the other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from engine.editor.names.mention import VARIABLE, FileNames, Mention, of_flow

PATH_PART = re.compile(r"\{[^{}]*\}|\*$|\$\{[^{}]*\}")
ANY_FLOW = "*"


class Scopes:
    """Joins the owners that share a variable of some name."""

    def __init__(self, files: Iterable[FileNames]) -> None:
        files = list(files)
        self._above: dict[tuple[str, str], tuple[str, str]] = {}
        self._calls = _calls(files)
        users: dict[str, set[str]] = defaultdict(set)
        for each in (mention for file in files for mention in file.mentions if mention.kind == VARIABLE):
            users[each.owner].add(each.name)
        self._users = users
        for owner in {*self._calls, *users}:
            self._join(owner, users)

    def of(self, mention: Mention) -> str:
        """Return the scope of a mention."""
        return self._root((mention.name, mention.owner))[1] if mention.kind == VARIABLE else mention.scope

    def meets(self, mention: Mention, name: str) -> bool:
        """Return whether another variable of that name is in the flows of this one, or in what they lead to."""
        scope = self.of(mention)
        for owner in {*self._calls, *self._users}:
            reached = list(self._reached(owner))
            own = [each for each in reached if mention.name in self._users.get(each, ())]
            is_there = any(self._root((mention.name, each))[1] == scope for each in own)
            if is_there and any(name in self._users.get(each, ()) for each in reached):
                return True
        return False

    def _join(self, owner: str, users: Mapping[str, set[str]]) -> None:
        """Join all that have the same variable among the owner and what it leads to."""
        first: dict[str, str] = {}
        for reached in self._reached(owner):
            for name in users.get(reached, ()):
                one, other = self._root((name, first.setdefault(name, reached))), self._root((name, reached))
                if one != other:
                    self._above[max(one, other)] = min(one, other)

    def _reached(self, owner: str) -> Iterator[str]:
        seen, waiting = {owner}, [owner]
        while waiting:
            current = waiting.pop()
            yield current
            new = self._calls.get(current, set()) - seen
            seen |= new
            waiting += new

    def _root(self, entry: tuple[str, str]) -> tuple[str, str]:
        while entry in self._above:
            entry = self._above[entry]
        return entry


def _calls(files: list[FileNames]) -> dict[str, set[str]]:
    """Return where each owner leads to. A flow whose name is computed may be any; a request is for who listens."""
    calls: dict[str, set[str]] = defaultdict(set)
    flows = {of_flow(each.name) for file in files for each in file.mentions if each.is_flow}
    listening = [(owner, _pattern(path)) for file in files for owner, path in file.listening]
    for file in files:
        for owner, target in file.calls:
            calls[owner] |= flows if target == ANY_FLOW else {target}
        for owner, path in file.requests:
            asked = PATH_PART.sub("x", path.partition("?")[0])
            calls[owner] |= {flow for flow, pattern in listening if pattern.fullmatch(asked)}
    return calls


def _pattern(path: str) -> re.Pattern[str]:
    """Return a pattern of the paths that a listener takes, behind any base path."""
    parts = [re.escape(part) for part in PATH_PART.split(path)]
    return re.compile(".*" + (".*" if path.endswith("*") else "[^/]+").join(parts))
