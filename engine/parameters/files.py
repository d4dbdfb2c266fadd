"""Files that flows name: only regular ones, never one without end, never one outside its folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.expressions.texts import text_of
from engine.limits import LARGEST_FILE

PORTION = 2**20
FOR_A_WALK = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
"""How a folder is opened through which others are reached: it need not be readable."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe would wait for somebody who writes into it."""
HAS_HANDLES = os.open in os.supports_dir_fd
"""Whether a folder can be held open during operations in it; not on Windows."""

NO_FILE = "it is no regular file"
TOO_LARGE = f"it has more than {LARGEST_FILE} bytes"

FileState = tuple[int, int, int]
"""When a file was written, its size, and its number on the disk."""


def find_below(folder: Path, name: str) -> Path | None:
    """Return the regular file of that name in a folder, all links followed; None if outside, or an invalid name."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # too long, in a cycle of links, with a NUL in it
        return None


def state_of(path: str | Path) -> FileState | None:
    """Return what tells a changed file from one that is as it was; None if there is none of that name."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


_noted: ContextVar[dict[str, int] | None] = ContextVar("files_read", default=None)


@contextmanager
def noting_files() -> Iterator[dict[str, int]]:
    """Yield the files that are read within the context, by their paths: for each the hash of its content."""
    noted: dict[str, int] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def _note(path: Path, content: bytes | str) -> None:
    noted = _noted.get()
    if noted is not None:
        noted[str(path)] = hash(content)


def read_file(path: Path) -> bytes:
    """Return a regular file's content. Raise OSError, whose `strerror` says why, or ValueError: an invalid name."""
    _note(path, "")  # until it is read: one that is not there may come
    with opened(os.open(path, os.O_RDONLY | AT_ONCE), path) as file:
        content = file.read()
    _note(path, content)
    return content


@dataclass(frozen=True)
class OpenFile:
    """A regular file that is open for reading. Two are equal if nothing was written in between."""

    identity: tuple[int, ...]
    descriptor: int = field(compare=False)

    def read(self) -> bytes:
        """Read all of it, though it may grow meanwhile. Raise OSError if that is too much."""
        portions, left = [], LARGEST_FILE
        while portion := os.read(self.descriptor, PORTION):
            portions.append(portion)
            left -= len(portion)
            if left < 0:
                raise OSError(errno.EFBIG, TOO_LARGE)
        return b"".join(portions)


@contextmanager
def opened(descriptor: int, path: Path) -> Iterator[OpenFile]:
    """Yield the file of a descriptor, which is closed in the end. Raise OSError if it is not a regular file."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, NO_FILE, str(path))
        yield OpenFile((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns), descriptor)
    finally:
        os.close(descriptor)


class Folder:
    """A folder below another one, reached without following a link.

    Even if its name changes meaning later, all operations work in that folder. They raise OSError.
    """

    def __init__(self, root: Path, names: Sequence[str] = ()) -> None:
        self._path = root.joinpath(*names)
        self._handle = _walked(root, names) if HAS_HANDLES else None

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Return the descriptor of a file in it, which is not a link."""
        return os.open(**self._at(name), flags=flags | NO_LINK | AT_ONCE, mode=mode)

    def check_replaceable(self, name: str) -> None:
        """Check that a file could be put there: nothing, another file or a link may exist."""
        with suppress(FileNotFoundError):
            mode = os.lstat(**self._at(name)).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
                raise OSError(errno.EEXIST, NO_FILE, name)

    def replace(self, before: str, after: str) -> None:
        """Give a file the name of another one; a link of that name is replaced, not its target."""
        self.check_replaceable(after)
        if self._handle is None:
            os.replace(self._path / before, self._path / after)
        else:
            os.replace(before, after, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(**self._at(name))

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def _at(self, name: str) -> dict[str, Any]:
        return {"path": self._path / name} if self._handle is None else {"path": name, "dir_fd": self._handle}


def _walked(root: Path, names: Sequence[str]) -> int:
    handle = os.open(root, FOR_A_WALK)
    for name in names:
        try:
            inner = os.open(name, FOR_A_WALK | NO_LINK, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle


@contextmanager
def folder_below(root: Path, names: Sequence[str] = ()) -> Iterator[Folder]:
    """Yield a `Folder`, which is closed in the end."""
    folder = Folder(root, names)
    try:
        yield folder
    finally:
        folder.close()


class ResourceError(Exception):
    """A file that is not available. As text: the expected value; `wrong`: the problem with the given one."""

    def __init__(self, text: str, wrong: str) -> None:
        super().__init__(text)
        self.wrong = wrong


class Resources:
    """The text files in some folders; nothing outside them is ever read."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def find(self, name: str) -> Path | None:
        """Return the file of that name, relative to one of the folders; a link may lead within them only."""
        return next((path for folder in self.folders if (path := find_below(folder, name))), None)

    def read(self, name: str) -> str:
        """Return the text of a file, read again only if it changed. Raise ResourceError."""
        path = self.find(name)
        if path is None:
            raise ResourceError("found no file of that name in the flows folder", "a file that is not there")
        try:
            text = self._read(path)
            _note(path, text)
            return text
        except UnicodeDecodeError:
            raise ResourceError("takes files of text in UTF-8", "a file that is no text in UTF-8") from None
        except OSError as error:
            if error.errno == errno.EFBIG:
                expected = f"takes files of at most {LARGEST_FILE} bytes"
                raise ResourceError(expected, f"a file of more than {LARGEST_FILE} bytes") from None
            raise ResourceError("found a file that cannot be read", "a file that cannot be read") from None

    def _read(self, path: Path) -> str:
        """Return the text of a file that was found; links put on the way to it since are not followed."""
        folder = next(folder for folder in self.folders if path.is_relative_to(folder))
        *names, name = path.relative_to(folder).parts
        with folder_below(folder, names) as within, opened(within.open(name, os.O_RDONLY), path) as file:
            return _text(file)


@lru_cache(maxsize=32)
def _text(file: OpenFile) -> str:
    return text_of(file.read())
