"""Mule's file operations, as functions of `python` steps. This file belongs to the flows: change it as you like."""

from __future__ import annotations

import mimetypes
import shutil
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine import Event, FlowError, Message
from engine.connectors import ContentError, read_content, write_content

BINARY = "application/octet-stream"


def read(event: Event, path: str, folder: str = "", media_type: str = "") -> Event:
    """Return the event with a file's content, read by its media type; the attributes tell of the file."""
    file = _file(path, folder)
    known = media_type or mimetypes.guess_type(file.name)[0] or BINARY
    try:
        data = file.read_bytes()
    except OSError as error:
        raise _failure(error, path) from error
    try:
        payload: Any = read_content(data, known)
    except ContentError:
        payload, known = data, BINARY
    return event.with_payload(payload, _attributes(file), media_type=known)


def write(
    event: Event, path: str, content: Any, folder: str = "", mode: str = "OVERWRITE", parents: bool = True
) -> Event:
    """Write a value to a file: OVERWRITE, APPEND or CREATE_NEW. The event stays as it is."""
    file = _file(path, folder)
    try:
        data, _ = write_content(content, event.media_type if content is event.payload else None)
        if parents:
            file.parent.mkdir(parents=True, exist_ok=True)
        with file.open({"APPEND": "ab", "CREATE_NEW": "xb"}.get(mode, "wb")) as opened:
            opened.write(data if isinstance(data, bytes) else b"".join(data))
    except ContentError as error:
        raise FlowError("FILE:ILLEGAL_CONTENT", str(error), cause=error) from error
    except OSError as error:
        raise _failure(error, path) from error
    return event


def listing(path: str, folder: str = "", recursive: bool = False, pattern: str = "*") -> list[Message]:
    """Return the files of a folder, as messages."""
    place = _file(path, folder)
    if not place.is_dir():
        raise FlowError("FILE:ILLEGAL_PATH", "there is no such folder")
    found = sorted(place.rglob("*") if recursive else place.iterdir())
    return [Message(_content(each), _attributes(each)) for each in found if fnmatch(each.name, pattern)]


def delete(event: Event, path: str, folder: str = "") -> Event:
    """Delete a file, or a folder with all in it. The event stays as it is."""
    file = _file(path, folder)
    try:
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    except OSError as error:
        raise _failure(error, path) from error
    return event


def create_directory(event: Event, path: str, folder: str = "") -> Event:
    """Make a folder. The event stays as it is."""
    try:
        _file(path, folder).mkdir(parents=True)
    except OSError as error:
        raise _failure(error, path) from error
    return event


def copy(event: Event, source: str, target: str, folder: str = "", overwrite: bool = False) -> Event:
    """Copy a file into a folder. The event stays as it is."""
    _into(source, target, folder, overwrite, shutil.copy2)
    return event


def move(event: Event, source: str, target: str, folder: str = "", overwrite: bool = False) -> Event:
    """Move a file into a folder. The event stays as it is."""
    _into(source, target, folder, overwrite, shutil.move)
    return event


def rename(event: Event, path: str, to: str, folder: str = "", overwrite: bool = False) -> Event:
    """Give a file another name in its folder. The event stays as it is."""
    file = _file(path, folder)
    if (file.parent / to).exists() and not overwrite:
        raise FlowError("FILE:FILE_ALREADY_EXISTS", "there is a file of the new name")
    try:
        file.replace(file.parent / to)
    except OSError as error:
        raise _failure(error, path) from error
    return event


def static(event: Event, folder: str, default: str = "index.html") -> Event:
    """Return the event with the file that a request asks for: the part of its path behind that of the listener."""
    attributes: Any = event.attributes
    listener = str(attributes.get("listenerPath", "")).rstrip("*").rstrip("/")
    name = str(attributes.get("requestPath", "")).removeprefix(listener).strip("/") or default
    file = (Path(folder) / name).resolve()
    if not file.is_relative_to(Path(folder).resolve()) or not file.is_file():
        raise FlowError("HTTP:NOT_FOUND", "there is no such file")
    known = mimetypes.guess_type(file.name)[0] or BINARY
    return event.with_payload(file.read_bytes(), {}, media_type=known)


def _into(source: str, target: str, folder: str, overwrite: bool, act: Any) -> None:
    file, place = _file(source, folder), _file(target, folder)
    end = place / file.name if place.is_dir() else place
    if end.exists() and not overwrite:
        raise FlowError("FILE:FILE_ALREADY_EXISTS", "there is a file at the target")
    try:
        end.parent.mkdir(parents=True, exist_ok=True)
        act(file, end)
    except OSError as error:
        raise _failure(error, source) from error


def _file(path: str, folder: str) -> Path:
    return Path(folder or Path.home()) / path.replace("\\", "/")


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _attributes(file: Path) -> dict[str, Any]:
    status = file.stat()
    return {
        "path": str(file),
        "fileName": file.name,
        "name": file.name,
        "size": status.st_size,
        "directory": file.is_dir(),
        "regularFile": file.is_file(),
        "lastModifiedTime": datetime.fromtimestamp(status.st_mtime, UTC),
    }


def _failure(error: OSError, path: str) -> FlowError:
    kinds = {FileExistsError: "FILE:FILE_ALREADY_EXISTS", PermissionError: "FILE:ACCESS_DENIED"}
    kind = kinds.get(type(error), "FILE:ILLEGAL_PATH")
    return FlowError(kind, "the file cannot be used", detailed_description=f"{path}: {error.strerror}", cause=error)
