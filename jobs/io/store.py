"""Objects below one root, on local disk or in an object store: list, read, put-if-absent."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store, from_url

from jobs.errors import InfrastructureFailed
from jobs.io.s3 import client_options, is_s3, object_uri, retry_config, said, spark_uri, store_config

_READ_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class StoredObject:
    """One object: path below the root, size in bytes, entity tag."""

    path: str
    size_bytes: int
    etag: str


class Store:
    """A root URI (`/path`, `file://`, `s3a://`) and the few things the project does with objects below it."""

    def __init__(self, uri: str, *, create: bool = False) -> None:
        self.uri = uri
        self.local_root = local_path(uri)
        try:
            self._store: ObjectStore = (
                LocalStore(self.local_root, mkdir=create) if self.local_root else _object_store(uri)
            )
        except (BaseError, OSError, ValueError) as error:
            raise InfrastructureFailed(
                f"cannot open {uri}: {said(error)}. Check that it exists and may be used."
            ) from error

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects below `prefix` (a folder), in no order, under their real names; none if it does not exist."""
        if self.local_root:
            yield from _local_objects(self.local_root, prefix)
            return
        try:
            for batch in obstore.list(self._store, prefix or None):
                for meta in batch:
                    yield StoredObject(meta["path"], meta["size"], meta["e_tag"] or "")
        except (BaseError, OSError) as error:
            raise InfrastructureFailed(
                f"cannot list {self.uri}: {said(error)}. Check address, permission and network."
            ) from error

    def folders(self, prefix: str) -> set[str]:
        """Names of the folders directly below `prefix`; none if it does not exist."""
        if self.local_root:
            folder = self.local_root / prefix
            return {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
        try:
            found = obstore.list_with_delimiter(self._store, prefix)["common_prefixes"]
        except (BaseError, OSError) as error:
            raise InfrastructureFailed(
                f"cannot list {self.uri}: {said(error)}. Check address, permission and network."
            ) from error
        return {path.rstrip("/").rsplit("/", 1)[-1] for path in found}

    def read(self, path: str) -> bytes | None:
        """The object's bytes, or None if there is none."""
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise InfrastructureFailed(
                f"cannot read {path} below {self.uri}: {said(error)}. Check permission and network."
            ) from error

    def open(self, path: str) -> io.BufferedIOBase:
        """A binary reader on the object."""
        if self.local_root:
            return (self.local_root / path).open("rb")
        return io.BufferedReader(_ObjectReader(obstore.open_reader(self._store, path)), _READ_BYTES)

    def put_if_absent(self, path: str, content: bytes) -> bool:
        """True if this call created the object, False if it was there already."""
        try:
            obstore.put(self._store, path, content, mode="create")
        except (AlreadyExistsError, FileExistsError):
            return False
        except (BaseError, OSError) as error:
            raise InfrastructureFailed(
                f"cannot write {path} below {self.uri}: {said(error)}. Check permission, space and network."
            ) from error
        return True

    def put(self, path: str, content: bytes) -> None:
        """Write the object, whatever was there: only for objects that one process alone may write."""
        try:
            obstore.put(self._store, path, content)
        except (BaseError, OSError) as error:
            raise InfrastructureFailed(
                f"cannot write {path} below {self.uri}: {said(error)}. Check permission, space and network."
            ) from error

    def delete(self, path: str) -> None:
        """Remove one object; an absent one is no error."""
        try:
            obstore.delete(self._store, path)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise self._not_deleted(path, error) from error

    def delete_folder(self, prefix: str) -> None:
        """Remove everything below `prefix`."""
        if self.local_root:
            shutil.rmtree(Path(self.local_root) / prefix, ignore_errors=True)
            return
        paths = sorted(item.path for item in self.list(prefix))
        try:
            # One request for up to a thousand objects.
            if paths:
                obstore.delete(self._store, paths)
        except (BaseError, OSError) as error:
            raise self._not_deleted(prefix, error) from error

    def _not_deleted(self, path: str, error: Exception) -> InfrastructureFailed:
        return InfrastructureFailed(
            f"cannot delete {path} below {self.uri}: {said(error)}. Check permission and network."
        )

    def json(self, path: str) -> Any:
        """The object parsed as JSON, or None if there is none."""
        content = self.read(path)
        return None if content is None else json.loads(content)


def _object_store(uri: str) -> ObjectStore:
    if is_s3(uri):
        return S3Store.from_url(
            object_uri(uri), config=store_config(), client_options=client_options(), retry_config=retry_config()
        )
    return from_url(uri)


def _local_objects(root: Path, prefix: str) -> Iterator[StoredObject]:
    """Files below a local folder by their own names.

    Not by obstore: its listing fails as a whole on one name that is not UTF-8 or holds a line break, and passes over
    names that end in `#1`, in silence. The entity tags are those that obstore makes.
    """
    for folder, _, names in os.walk(root / prefix, onerror=_closed, followlinks=True):
        for name in names:
            path = Path(folder, name)
            try:
                status = path.stat()
            except FileNotFoundError:
                # Deleted since, or a link to nothing.
                continue
            if stat.S_ISREG(status.st_mode):
                etag = f"{status.st_ino:x}-{status.st_mtime_ns // 1000:x}-{status.st_size:x}"
                yield StoredObject(path.relative_to(root).as_posix(), status.st_size, etag)


def _closed(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise InfrastructureFailed(f"cannot list {error.filename}: {error.strerror}. Check permission.") from error


class _ObjectReader(io.RawIOBase):
    """An object of a store as Python knows files."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        """Always: nothing is written through a reader."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the object goes."""
        chunk = bytes(self._reader.read(len(buffer)))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def local_path(uri: str) -> Path | None:
    """The absolute folder a URI names on this machine, or None for an object store."""
    parsed = urlparse(uri)
    if parsed.scheme == "file":
        return Path(unquote(parsed.path)).absolute()
    if "://" in uri:
        return None
    return Path(uri).absolute()


def table_uri(warehouse: str, table_path: str) -> str:
    """The URI under which Spark finds a folder below the root."""
    local = local_path(warehouse)
    return f"{local if local else spark_uri(warehouse).rstrip('/')}/{table_path}"
