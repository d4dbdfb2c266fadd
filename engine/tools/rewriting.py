"""Files that a command writes anew."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def rewrite(file: Path, content: bytes) -> None:
    """Put new content in the place of a file, as a whole: whatever happens, there is the old one or the new one.

    A link stays one; the file keeps its permissions, and its owner if we may give files away. Raises OSError.
    """
    target = file.resolve()
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as written:
        try:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
            _take_after(target, written.name)
            os.replace(written.name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(written.name)
            raise


def _take_after(target: Path, written: str) -> None:
    was = target.stat()
    with suppress(PermissionError):
        os.chown(written, was.st_uid, was.st_gid)
    shutil.copymode(target, written)  # after the owner, whose change takes set-user-id away
