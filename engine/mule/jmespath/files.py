"""The flow files of an import, in JMESPath as far as that changes nothing but their expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.mule.checking import mistakes_in
from engine.mule.importing import Imported, properties_in
from engine.mule.jmespath.following import Follower, value_of
from engine.mule.jmespath.rewriting import Rewriter
from engine.mule.jmespath.scripts import PLACEHOLDER, Counts, Stays
from engine.mule.trial import trial_of

NO_SUCH_PLACE = "a parameter that takes no script in the form that files in JMESPath have for it"
STAYS = "the file stays DataWeave"


def translate(imported: Imported) -> None:
    """Translate those scripts that are certain to mean the same. The flows of the import must be loadable."""
    before = dict(imported.sections)
    counts = _rewritten(imported)
    for name in _unfit(imported, [name for name in before if imported.sections[name] is not before[name]]):
        imported.sections[name] = before[name]
        counts[name] = _all_kept(counts[name], NO_SUCH_PLACE)
    imported.write_flows()
    _tell(imported, counts)


def _rewritten(imported: Imported) -> dict[str, Counts]:
    """Put files in JMESPath in the place of those in DataWeave; return what became of their scripts."""
    follower = Follower(imported.sections.values(), _properties(imported))
    counts = {}
    for name, sections in imported.sections.items():
        rewriter = Rewriter(follower)
        try:
            made = rewriter.sections(sections)
        except Stays as reason:
            counts[name] = _all_kept(replace(rewriter.scripts.counts, file=rewriter.file), str(reason))
            continue
        counts[name] = replace(rewriter.scripts.counts, file=rewriter.file)
        if counts[name].translated:
            imported.sections[name] = made
    return counts


def _all_kept(counts: Counts, why: str) -> Counts:
    """Return the counts of a file of which nothing is translated."""
    return replace(counts, translated=0, kept={**counts.kept, f"{STAYS}: {why}": [1] * (counts.translated or 1)})


def _unfit(imported: Imported, names: list[str]) -> list[str]:
    """Return the files that cannot be loaded any more: all, if it is not certain which ones."""
    imported.write_flows()
    with trial_of(imported) as trial:
        found = {mistake.place.file.rpartition("/")[2] for mistake in mistakes_in(trial)}
    return [name for name in names if name in found] or (names if found else [])


def _properties(imported: Imported) -> Iterator[str]:
    """Yield the properties that have a value in every environment: their files are always the same."""
    for sections in imported.sections.values():
        yield from _names("", sections.get("properties", {}))
        for each in sections.get("configuration-properties", []):
            entry = value_of(each)
            file = entry.get("file", "") if isinstance(entry, dict) else ""
            if PLACEHOLDER not in file and imported.run is not None:
                yield from properties_in(imported.run.application, file)


def _names(start: str, properties: Mapping[str, Any]) -> Iterator[str]:
    for key, each in properties.items():
        value = value_of(each)
        if isinstance(value, dict):
            yield from _names(f"{start}{key}.", value)
        else:
            yield f"{start}{key}"


def _tell(imported: Imported, counts: Mapping[str, Counts]) -> None:
    """Note how many scripts were translated, and why others were not, once for each file and reason."""
    kept = sum(len(lines) for each in counts.values() for lines in each.kept.values())
    imported.report.scripts |= {"translated": sum(each.translated for each in counts.values()), "kept": kept}
    for name, each in counts.items():
        for why, lines in each.kept.items():
            what = f"{len(lines)} script{'s' * (len(lines) != 1)} that stay{'s' * (len(lines) == 1)} DataWeave"
            imported.report.add_note(each.file or name, min(lines), what, why)
