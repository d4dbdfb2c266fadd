"""The report as text, JSON and HTML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from engine.mule.reports.report import EFFORTS, Report

MOST_NOTES = 20
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;vertical-align:top;"
    "padding:.3rem .6rem;border-bottom:1px solid #ddd}th{background:#f4f4f4}code{white-space:nowrap}"
    ".S{color:#2a7a2a}.M{color:#a05a00}.L{color:#b00020}"
)


def as_json(reports: Sequence[Report]) -> str:
    """Return one report, or those of a workspace with their sums."""
    if len(reports) == 1:
        return json.dumps(reports[0].as_json(), indent=2, ensure_ascii=False) + "\n"
    whole = {"applications": [each.as_json() for each in reports], **sums(reports)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def sums(reports: Iterable[Report]) -> dict[str, dict[str, int]]:
    totals: dict[str, Counter[str]] = {name: Counter() for name in ("elements", "scripts", "flows", "tests")}
    for report in reports:
        for name, total in totals.items():
            total.update(getattr(report, name))
    return {name: dict(total) for name, total in totals.items()}


def as_text(report: Report, folder: str) -> str:
    return "\n".join(_lines(report, folder))


def _lines(report: Report, folder: str) -> Iterator[str]:
    yield f"{report.application} → {folder}: {_counted(report)}"
    for gap in report.gaps:
        yield f"{gap.file}:{gap.line} [{gap.effort}] {gap.what}: {gap.why}"
        yield f"    instead: {gap.instead}"
    for note in report.notes[:MOST_NOTES]:
        yield f"{note.file}:{note.line} note: {note.what}: {note.why}"
    if len(report.notes) > MOST_NOTES:
        yield f"and {len(report.notes) - MOST_NOTES} more notes, all of them in the file of --report"
    for decision in report.decisions:
        yield f"to decide: {decision}"
    if report.libraries:
        yield f"shared libraries that are not there: {', '.join(report.libraries)}"
    yield _effort(report)


def _counted(report: Report) -> str:
    elements, flows, scripts = report.elements, report.flows, report.scripts
    told = [
        f"{elements['converted']} of {elements['all']} elements",
        f"{flows['converted']} of {flows['all']} flows",
        f"{scripts['converted']} of {scripts['all']} scripts",
    ]
    if report.tests["all"]:
        told.append(f"{report.tests['converted']} of {report.tests['all']} tests")
    if "translated" in scripts:
        told.append(f"{scripts['translated']} expressions translated to JMESPath, {scripts['kept']} kept in DataWeave")
    return ", ".join(told)


def _effort(report: Report) -> str:
    counts = Counter(gap.effort for gap in report.gaps)
    if not counts:
        return "no gaps"
    told = ", ".join(
        f"{counts[effort]} × {effort} ({meaning})" for effort, meaning in EFFORTS.items() if counts[effort]
    )
    return f"{len(report.gaps)} gap{'s' * (len(report.gaps) != 1)}: {told}"


def as_html(reports: Sequence[Report]) -> str:
    body = "".join(_section(each) for each in reports)
    overview = _overview(reports)
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Import from Mule</title><style>{STYLE}</style>"
    return f"{head}<h1>Import from Mule</h1>{overview}{body}</html>\n"


def _overview(reports: Sequence[Report]) -> str:
    rows = [
        [each.application, *(f"{count['converted']}/{count['all']}" for count in _counts(each)), str(len(each.gaps))]
        for each in reports
    ]
    return _table(["application", "elements", "scripts", "flows", "tests", "gaps"], rows)


def _counts(report: Report) -> list[dict[str, int]]:
    return [report.elements, report.scripts, report.flows, report.tests]


def _section(report: Report) -> str:
    gaps = [[f"{each.file}:{each.line}", each.what, each.why, each.instead, each.effort] for each in report.gaps]
    notes = [[f"{each.file}:{each.line}", each.what, each.why] for each in report.notes]
    lists = {"To decide": report.decisions, "Shared libraries that are not there": report.libraries}
    return "".join(
        [
            f"<h2>{escape(report.application)}</h2><p>{escape(_counted(report))}; {escape(_effort(report))}</p>",
            _table(["place", "what", "why", "instead", "effort"], gaps) if gaps else "",
            *(f"<h3>{title}</h3><ul>{_items(entries)}</ul>" for title, entries in lists.items() if entries),
            f"<h3>Notes</h3>{_table(['place', 'what', 'why'], notes)}" if notes else "",
        ]
    )


def _items(entries: Iterable[str]) -> str:
    return "".join(f"<li>{escape(each)}</li>" for each in entries)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(_cell(name, cell) for name, cell in zip(names, row, strict=True))}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(name: str, cell: str) -> str:
    shown = f"<code>{escape(cell)}</code>" if name == "place" else escape(cell)
    return f"<td class={cell}>{shown}</td>" if name == "effort" else f"<td>{shown}</td>"
