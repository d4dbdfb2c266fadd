"""What `engine import` does: read, convert, check, write, report."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.mule.application import STANDARD_INPUT, Application, NoApplication, application_in, applications_in
from engine.mule.finishing import finish
from engine.mule.importing import Imported, import_application
from engine.mule.reports.printing import as_html, as_json, as_text
from engine.mule.reports.report import Report
from engine.mule.trial import write_files
from engine.mule.xml.reader import LARGEST, XmlMistake
from engine.tools.commands import without_garbage

MOST_NAMED = 5


class Import:
    """One run of the command."""

    def __init__(self, output: Path, *, force: bool, jmespath: bool = False) -> None:
        self.output, self.force, self.jmespath = output, force, jmespath
        self.reports: list[Report] = []

    def workspace(self, folder: Path) -> None:
        """Import the applications below a folder; one that cannot be imported is told, and the others go on."""
        applications = applications_in(folder)
        if not applications:
            raise NoApplication(f"'{folder}' has no application: no folder in it has src/main/mule")
        for each in applications:
            try:
                self.application(each, self.output / each.relative_to(folder))
            except (NoApplication, XmlMistake) as error:
                click.echo(f"engine: {error}", err=True)
        if not self.reports:
            raise NoApplication("no application could be imported")

    def application(self, path: Path, folder: Path) -> None:
        with without_garbage():
            imported = import_application(_application(path))
            left = finish(imported, jmespath=self.jmespath)
        imported.report.decisions += [f"engine check: {mistake.in_one_line}" for mistake in left]
        self._write(imported, folder)
        self.reports.append(imported.report)
        click.echo(as_text(imported.report, str(folder)))

    def _write(self, imported: Imported, folder: Path) -> None:
        differing = [name for name, data in imported.files.items() if _differs(folder / name, data)]
        differing += [name for name in _flows_in(folder) if name not in imported.files]
        if differing and not self.force:
            more = f" and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
            names = ", ".join(differing[:MOST_NAMED])
            raise NoApplication(f"'{folder}' has {names}{more} with other contents; --force writes over them")
        write_files(imported.files, folder)

    def write_report(self, file: Path | None) -> None:
        if file is None:
            return
        kinds = {".json": as_json, ".html": as_html}
        text = kinds[file.suffix](self.reports) if file.suffix in kinds else self._text()
        file.write_text(text, encoding="utf-8")

    def _text(self) -> str:
        return "\n".join(as_text(each, each.application) for each in self.reports) + "\n"


def _application(path: Path) -> Application:
    if str(path) != STANDARD_INPUT:
        return application_in(path)
    data = sys.stdin.buffer.read(LARGEST + 1)
    return Application("main", {"main.xml": data})


def _flows_in(folder: Path) -> list[str]:
    """Return the names of the YAML files of a folder, which would be part of the application."""
    return sorted(path.name for path in folder.glob("*.yaml")) if folder.is_dir() else []


def _differs(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() != data
    except FileNotFoundError:
        return False
    except OSError:
        return True
