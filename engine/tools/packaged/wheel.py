"""A wheel of flows: a Python package that holds them, and a command that serves them."""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from engine.tools.packaged.identity import Identity

INSIDE = "application"
"""The folder of the flows in the Python package."""

MAIN = '''\
"""Serves the flows of this package: `python -m {module}`, or `{name} serve`; `{name} --help` tells more."""

from pathlib import Path

from engine.tools.packaged.entry import start


def main() -> None:
    start("{name}", Path(__file__).parent / "{inside}")


if __name__ == "__main__":
    main()
'''
METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: Integration flows, served by flow-engine
Requires-Python: >=3.11
"""
WHEEL = """\
Wheel-Version: 1.0
Generator: flow-engine
Root-Is-Purelib: true
Tag: py3-none-any
"""
BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of each file: nothing in the wheel may depend on when it was made."""

MODE = 0o100644


def wheel(identity: Identity, files: Mapping[str, bytes], requirements: Sequence[str]) -> bytes:
    """Return the wheel with these files of an application, by their paths."""
    module, information = identity.module, f"{identity.module}-{identity.version}.dist-info"
    main = MAIN.format(module=module, name=identity.name, inside=INSIDE)
    metadata = METADATA.format(name=identity.name, version=identity.version)
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requirements)
    held = {
        **{f"{module}/{INSIDE}/{name}": content for name, content in sorted(files.items())},
        f"{module}/__init__.py": b"",
        f"{module}/__main__.py": main.encode(),
        f"{information}/METADATA": metadata.encode(),
        f"{information}/WHEEL": WHEEL.encode(),
        f"{information}/entry_points.txt": f"[console_scripts]\n{identity.name} = {module}.__main__:main\n".encode(),
    }
    record = f"{information}/RECORD"
    rows = [(name, f"sha256={_hash(content)}", len(content)) for name, content in held.items()]
    return _zip({**held, record: _csv([*rows, (record, "", "")])})


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _hash(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Return the archive. It is not compressed: the result would depend on the version of the library."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_STORED) as opened:
        for name, content in files.items():
            entry = ZipInfo(name, BEGINNING_OF_TIME)
            entry.external_attr, entry.create_system = MODE << 16, 3
            opened.writestr(entry, content)
    return archive.getvalue()
