"""A folder with flows, their requirements, and a script that serves them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.tools.packaged.contents import PackageError

START = "bin/start"
REQUIREMENTS = "requirements.txt"
SUMS = "contents.sha256"
"""The list of the files, as `sha256sum --check` reads it."""

SCRIPT = """\
#!/bin/sh
# Serves the flows of this folder; the arguments are those of `engine serve`. It needs what requirements.txt lists:
#   python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
# Data goes to the folder in which it is started.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
python=$here/.venv/bin/python
[ -x "$python" ] || python=${PYTHON:-python3}
exec "$python" -m engine.tools serve "$here" "$@"
"""


def write_folder(folder: Path, files: Mapping[str, bytes], requirements: str) -> None:
    """Write the files, in the place of those of an older package there. Other files are left alone.

    Raise PackageError if the folder is of somebody else, and OSError.
    """
    former = list(_former(folder))
    for name in former:
        (folder / name).unlink(missing_ok=True)
    held = {**files, REQUIREMENTS: requirements.encode(), START: SCRIPT.encode()}
    for name, content in {**held, SUMS: _sums(held)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / START).chmod(0o755)


def _former(folder: Path) -> Iterator[str]:
    """Yield the files of the package that is there."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise PackageError(f"'{folder}' is there, and is no package; name another --out, or remove it") from None
    yield from (name for line in lines if _is_inside(name := line.partition("  ")[2]))


def _is_inside(name: str) -> bool:
    path = Path(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts


def _sums(files: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return "".join(lines).encode()
