"""Coverage as pages: one for all files, one for each, with its YAML in colours. Nothing is fetched, no script runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from engine.testing.covered.coverage import KINDS, Coverage, Share
from engine.testing.covered.points import Point

STYLE = """
body {font: 14px/1.45 system-ui, sans-serif; margin: 2em; color: #1f2328; background: #fff}
table {border-collapse: collapse} th, td {padding: .25em 1em .25em 0; text-align: left; vertical-align: top}
td.number {text-align: right; font-variant-numeric: tabular-nums}
pre {font: 13px/1.5 ui-monospace, monospace; margin: 0} .row {display: block; border-left: 4px solid transparent}
.row b {display: inline-block; width: 3.5em; font-weight: normal; color: #8b949e; text-align: right; margin-right: 1em}
.passed {border-color: #2da44e; background: #eaf8ee} .partly {border-color: #d4a72c; background: #fff8e0}
.missed {border-color: #cf222e; background: #ffebe9} .note {color: #9a3412; margin-left: 2em}
.key {color: #0550ae} .text {color: #0a3069} .expression {color: #8250df} .comment {color: #6e7781}
"""
TOKENS = re.compile(
    r"""(?P<comment>(?:^|(?<=\s))\#(?!\[).*$)
    |(?P<expression>\#\[.*?\](?=["'\s,}]|$)|\$\{[^}]*\})
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')
    |(?P<key>(?:(?<=[\s{,\[])|^)[\w.:-]+(?=:(?:\s|$)))""",
    re.VERBOSE,
)


def write_html(coverage: Coverage, folder: Path) -> Path:
    """Write the pages into a folder; return the first one. Raise OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {file: f"{number}-{Path(file).name}.html" for number, file in enumerate(coverage.files, 1)}
    for file, name in names.items():
        (folder / name).write_text(_file_page(coverage, file), encoding="utf-8")
    first = folder / "index.html"
    first.write_text(_first_page(coverage, names), encoding="utf-8")
    return first


def _page(title: str, rows: Iterator[str]) -> str:
    name = escape(title)
    head = f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{name}</title><style>{STYLE}</style>'
    return "\n".join([head, f"<h1>{name}</h1>", *rows, "</html>\n"])


def _first_page(coverage: Coverage, names: dict[str, str]) -> str:
    def rows() -> Iterator[str]:
        yield f"<table><tr><th>file</th>{''.join(f'<th>{word}</th>' for word in KINDS.values())}</tr>"
        for file, name in names.items():
            link = f'<a href="{escape(name)}">{escape(file)}</a>'
            yield _shares(link, [coverage.share(kind, file) for kind in KINDS])
        yield f"{_shares('all', [coverage.share(kind) for kind in KINDS])}</table>"
        if riskiest := coverage.next():
            yield "<h2>What to test next</h2><ol>"
            yield from (f"<li>{escape(str(point))}: {escape(point.why)}</li>" for point in riskiest)
            yield "</ol>"

    return _page("Coverage of flows", rows())


def _shares(name: str, shares: list[Share]) -> str:
    cells = "".join(f'<td class="number">{share}</td>' for share in shares)
    return f"<tr><td>{name}</td>{cells}</tr>"


def _file_page(coverage: Coverage, file: str) -> str:
    by_line: dict[int, list[Point]] = {}
    for point in coverage.of_file(file):
        by_line.setdefault(point.line, []).append(point)

    def rows() -> Iterator[str]:
        yield '<p><a href="index.html">all files</a></p><pre>'
        for number, text in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1):
            yield _row(number, text, by_line.get(number, []), coverage)
        yield "</pre>"

    return _page(file, rows())


def _row(number: int, text: str, points: list[Point], coverage: Coverage) -> str:
    missed = [point for point in points if not coverage.hits[point]]
    kind = "" if not points else "passed" if not missed else "partly"
    if any(point.kind == "line" for point in missed):
        kind = "missed"
    told = ", ".join(dict.fromkeys(_told(point) for point in missed))
    note = f'<i class="note">{escape(told)}</i>' if told else ""
    return f'<span class="row {kind}"><b>{number}</b>{_coloured(text)}{note}</span>'


def _told(point: Point) -> str:
    if point.kind == "line":
        return "never ran"
    return f"never raised {point.error}" if point.kind == "error" else f"never: {point.label}"


def _coloured(text: str) -> str:
    """Return a line of YAML with its parts in colours."""
    parts, end = [], 0
    for match in TOKENS.finditer(text):
        parts += [escape(text[end : match.start()]), f'<span class="{match.lastgroup}">{escape(match[0])}</span>']
        end = match.end()
    return "".join([*parts, escape(text[end:])])
