"""`engine config`, and `engine secrets` with its commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.tools.commands import env_option, given, paths_argument, processors_option, set_option

key_file_option = click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A file with the key; left out, the variable ENGINE_KEY, or the file that ENGINE_KEY_FILE names.",
)  # fmt: skip


@click.command()
@paths_argument
@set_option
@env_option
@processors_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def config(
    paths: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...], form: str
) -> None:
    """Print each property of the flows: its value, and where it comes from. Secrets are not shown.

    With mistakes in the flows these are told, too, and the exit code is 1.
    """
    from engine.tools.configured.showing import show

    sys.exit(show(given(paths, settings, processors, env), form))


@click.group()
def secrets() -> None:
    """Encrypt and decrypt values of property files: `![gcm:…]`."""


@secrets.command()
def key() -> None:
    """Print a new key, for ENGINE_KEY or a file."""
    from engine.loading.config.encryption import new_key

    click.echo(new_key())


@secrets.command()
@key_file_option
def encrypt(key_file: Path | None) -> None:
    """Encrypt a text, and print it as a property file has it.

    The text comes from the standard input, without the line break at its end, or from a prompt.
    """
    from engine.tools.configured.encrypting import encrypt_text

    encrypt_text(key_file)


@secrets.command()
@click.argument("value", required=False)
@key_file_option
def decrypt(value: str | None, key_file: Path | None) -> None:
    """Decrypt a VALUE such as '![gcm:…]', or one from the standard input, and print its text."""
    from engine.tools.configured.encrypting import decrypt_value

    decrypt_value(value, key_file)


@secrets.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@key_file_option
@click.option(
    "--new-key-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A file with the new key; left out, the variable ENGINE_NEW_KEY, or the file that ENGINE_NEW_KEY_FILE names.",
)  # fmt: skip
def rotate(files: tuple[Path, ...], key_file: Path | None, new_key_file: Path | None) -> None:
    """Encrypt the values of property FILES with a new key; all else in them stays as it is.

    A value that cannot be decrypted leaves all files as they are. Values of Mule's become values of ours.
    """
    from engine.tools.configured.rotating import rotate_files

    rotate_files(files, key_file, new_key_file)
