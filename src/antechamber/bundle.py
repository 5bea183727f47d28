"""A workspace's files where a deployed run finds them: a folder, or a zip in S3 that is unpacked once."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import obstore
from obstore.exceptions import BaseError

from antechamber.declare import Declarations, load_workspace
from antechamber.errors import AntechamberError
from antechamber.placed import placed
from antechamber.store import Location

_NAME = re.compile(r"(?P<folder>.+)/(?P<digest>[0-9a-f]{64})\.zip")
_MOST = 64 << 20
"""Bytes of declarations and their small files, unpacked: more is not a workspace."""


def deployed_workspace(environment: Mapping[str, str]) -> Declarations:
    """The declarations that `ANTECHAMBER_WORKSPACE` names, as deployed. Raises AntechamberError."""
    where = environment.get("ANTECHAMBER_WORKSPACE", "")
    if not where:
        raise AntechamberError(
            "it is not said where the workspace's files lie",
            where="ANTECHAMBER_WORKSPACE",
            remedy="set it to a folder, or to s3://bucket/workspace/<sha256>.zip",
        )
    folder = unpacked(where) if "://" in where else Path(where)
    return placed(load_workspace(folder), environment)


def unpacked(url: str) -> Path:
    """The folder that a bundle was unpacked into, now or earlier. url: ends in the SHA-256 of the zip and `.zip`.

    Raises AntechamberError: it is not there, is not what its name says, or holds what no workspace holds.
    """
    match = _NAME.fullmatch(url)
    if match is None:
        raise AntechamberError("this is no bundle's name", where=url, remedy="it ends in <sha256>.zip")
    folder = Path(tempfile.gettempdir()) / f"antechamber-workspace-{os.getuid()}-{match['digest'][:32]}"
    if (folder / "antechamber.yaml").is_file():
        return folder
    try:
        content = bytes(obstore.get(Location(match["folder"]).open(), f"{match['digest']}.zip").bytes())
    except (BaseError, OSError) as error:
        raise AntechamberError(
            f"the workspace's files cannot be read ({type(error).__name__})",
            where=url,
            remedy="deploy again; see that the function's role may read them",
        ) from error
    if hashlib.sha256(content).hexdigest() != match["digest"]:
        raise AntechamberError("the workspace's files are not those of their name", where=url, remedy="deploy again")
    partial = Path(tempfile.mkdtemp(prefix="antechamber-workspace-"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(each.file_size for each in archive.infolist()) > _MOST:
            raise AntechamberError("the workspace's files are too large", where=url, remedy="leave data out of them")
        archive.extractall(partial)
    try:
        partial.rename(folder)
    except OSError:
        # Another process was faster: what it unpacked is the same.
        shutil.rmtree(partial, ignore_errors=True)
    return folder
