"""A journal on disk: lines of files, written by one process at a time."""

import fcntl
import os
from pathlib import Path

from engine import FlowError


def append(folder: str, name: str, line: str) -> dict[str, int]:
    """Append a line to a file of a folder, and return its size. It never waits for the lock of another writer.

    Raise FILE:FILE_LOCK if another process holds it, FILE:ACCESS_DENIED, and FILE:NO_SPACE if the disk is full.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with (Path(folder) / name).open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the file, whatever happens
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
            return {"size": file.tell()}
    except BlockingIOError:
        raise FlowError("FILE:FILE_LOCK", "another process writes to the journal") from None
    except PermissionError as error:
        raise FlowError("FILE:ACCESS_DENIED", f"'{error.filename}' may not be written") from None
    except OSError as error:
        raise FlowError("FILE:NO_SPACE", f"the journal cannot be written: {error.strerror}") from None
