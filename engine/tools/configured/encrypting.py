"""`engine secrets encrypt` and `decrypt`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from engine.loading.config.encryption import (
    KEY,
    KeyMistake,
    Undecryptable,
    decrypt,
    encrypt,
    is_encrypted,
    key_in,
    key_of_file,
)
from engine.tools.commands import fail


def key_for(file: Path | None, variable: str = KEY, option: str = "--key-file") -> str:
    """Return the key in a file, or in a variable; without one the command ends."""
    try:
        key = key_in(os.environ, variable) if file is None else key_of_file(file, option)
    except KeyMistake as error:
        fail(f"{error.found}\n  expected: {error.expected}")
    if not key:
        fail(
            f"no key\n  expected: the key in {variable}, or in a file that {variable}_FILE or {option} names\n"
            "  write: engine secrets key > FILE, for a new one"
        )
    return key


def encrypt_text(key_file: Path | None) -> None:
    """Print the text of the standard input, or of a prompt, encrypted."""
    key = key_for(key_file)
    if sys.stdin.isatty():
        text = click.prompt("the text", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = _entered()
    if not text:
        fail("no text to encrypt\n  expected: one on the standard input")
    try:
        click.echo(encrypt(text, key))
    except KeyMistake as error:
        fail(f"{error.found}\n  expected: {error.expected}")


def decrypt_value(value: str | None, key_file: Path | None) -> None:
    """Print the text of an encrypted value."""
    key = key_for(key_file)
    value = _entered() if value is None else value
    if not is_encrypted(value):
        fail("a value that is not encrypted\n  expected: ![…], in quotes\n  write: engine secrets decrypt '![gcm:…]'")
    try:
        click.echo(decrypt(value, key))
    except KeyMistake as error:
        fail(f"{error.found}\n  expected: {error.expected}")
    except Undecryptable as error:
        fail(f"a value {error}\n  expected: a value of `engine secrets encrypt`, whole")


def _entered() -> str:
    """Return the standard input, without the line break at its end."""
    try:
        return re.sub(r"\r?\n\Z", "", sys.stdin.buffer.read().decode())
    except UnicodeDecodeError:
        fail("a standard input that is no text in UTF-8\n  expected: text; encode other bytes in base64 first")
