"""The command `engine import`."""

from __future__ import annotations

from pathlib import Path

import click

from engine.tools.commands import fail


@click.command("import")
@click.argument("application", type=click.Path(allow_dash=True, path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="The folder for the flows; with --workspace, one in it for each application.",
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A file for the report: .json, .html, or text by any other name.",
)  # fmt: skip
@click.option("--workspace", is_flag=True, help="Import each application in the folders below APPLICATION.")
@click.option("--force", is_flag=True, help="Write over files that are there and differ.")
@click.option("--jmespath", is_flag=True, help="Translate expressions of DataWeave that surely mean the same in JMESPath.")
def import_(application: Path, output: Path, report: Path | None, workspace: bool, force: bool, jmespath: bool) -> None:
    """Make flows of a Mule 4 application: a folder, an XML file, or - for the standard input.

    What has no counterpart becomes a step that raises MULE:NOT_SUPPORTED, and a row of the report.
    """
    from engine.mule.application import NoApplication
    from engine.mule.xml.reader import XmlMistake
    from engine.tools.imported.importing import Import

    work = Import(output, force=force, jmespath=jmespath)
    try:
        work.workspace(application) if workspace else work.application(application, output)
        work.write_report(report)
    except (NoApplication, XmlMistake, OSError) as error:
        fail(str(error))
