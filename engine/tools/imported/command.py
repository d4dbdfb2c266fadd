"""The command `engine import`."""

from __future__ import annotations

from pathlib import Path

import click

from engine.tools.commands import fail


@click.command("import")
@click.argument("application", type=click.Path(allow_dash=True, path_type=Path), required=False)
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="The folder for the flows; with --workspace, one in it for each application.",
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A file for the report: .json, .html, or text by any other name.",
)  # fmt: skip
@click.option("--workspace", is_flag=True, help="Import each application in the folders below APPLICATION.")
@click.option(
    "--jmespath", is_flag=True,
    help="Translate the DataWeave that is certain to mean the same in JMESPath; everything else stays DataWeave.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over files that are there and differ.")
@click.option(
    "--compare", "recording", type=click.Path(dir_okay=False, path_type=Path), metavar="RECORDING",
    help="Send recorded requests (HAR, or JSON lines) to the flows of FOLDER, and tell how the answers differ.",
)  # fmt: skip
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="PLACE",
    help="With --compare: a place such as body.id, or body.items[*].at, whose differences do not count.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="With --compare: set a property.")
@click.option("--env", metavar="ENV", help="With --compare: the environment.")
def import_(
    application: Path | None, output: Path, report: Path | None, workspace: bool, jmespath: bool, force: bool,
    recording: Path | None, ignored: tuple[str, ...], settings: tuple[str, ...], env: str | None,
) -> None:  # fmt: skip
    """Make flows of a Mule 4 application: a folder, an XML file, or - for the standard input.

    What has no counterpart becomes a step that raises MULE:NOT_SUPPORTED, and a row of the report. With --compare,
    APPLICATION may be left out: the flows of FOLDER are there already.
    """
    if application is None and recording is None:
        raise click.UsageError("name the folder of an application, an XML file, or -")
    if application is not None:
        _import(application, output, report, workspace=workspace, jmespath=jmespath, force=force)
    if recording is not None:
        from engine.tools.imported.comparing import compare_with

        compare_with(recording, output, settings, env, ignored)


def _import(
    application: Path, output: Path, report: Path | None, *, workspace: bool, jmespath: bool, force: bool
) -> None:
    from engine.mule.application import NoApplication
    from engine.mule.xml.reader import XmlMistake
    from engine.tools.imported.importing import Import

    work = Import(output, force=force, jmespath=jmespath)
    try:
        work.workspace(application) if workspace else work.application(application, output)
        work.write_report(report)
    except (NoApplication, XmlMistake, OSError) as error:
        fail(str(error))
