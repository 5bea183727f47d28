"""The workspace's declarations as a zip, named by the hash of its content: what a deployed run reads.

Only declarations and the small files that they name are in it: no data, no catalog, and no file that a secret
reference names.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from antechamber.declare import Declarations
from antechamber.declare.model import SECRET_REF
from antechamber.declare.texts import texts_in
from antechamber.errors import AntechamberError

FOLDERS = ("connectors", "collaborations", "policies")
MOST = 64 << 20
"""Bytes that a run is ready to unpack."""
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""One date for all entries: the same files give the same zip."""


def bundle(declared: Declarations) -> tuple[str, bytes]:
    """(key in the code bucket, content). Raises AntechamberError when it is larger than a run unpacks."""
    paths = sorted({*_declarations(declared.root), *_named(declared)})
    total = sum((declared.root / path).stat().st_size for path in paths)
    if total > MOST:
        raise AntechamberError(
            f"the declarations and the files that they name have {total:,} bytes, and {MOST:,} are taken",
            where=str(declared.root),
            remedy="keep large reference data in a table: references: {table: …}",
        )
    content = zipped((path.as_posix(), (declared.root / path).read_bytes()) for path in paths)
    return f"workspace/{hashlib.sha256(content).hexdigest()}.zip", content


def zipped(files: Iterable[tuple[str, bytes | Path]], out: IO[bytes] | None = None) -> bytes:
    """A zip whose bytes follow from names and contents alone. out: where it is written, instead of being given."""
    kept = io.BytesIO()
    with zipfile.ZipFile(out or kept, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _BEGINNING)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content if isinstance(content, bytes) else content.read_bytes())
    return kept.getvalue()


def _declarations(root: Path) -> Iterator[Path]:
    yield Path("antechamber.yaml")
    for folder in FOLDERS:
        if (root / folder).is_dir():
            for path in (root / folder).iterdir():
                if path.suffix in (".yaml", ".yml") and not path.name.startswith("."):
                    yield path.relative_to(root)


def _named(declared: Declarations) -> Iterator[Path]:
    """Files of the workspace that a connector or a collaboration names: recipes, lookups, templates."""
    bodies: list[Any] = [each.model_dump() for each in declared.connectors.values()]
    bodies += [step.model_dump() for each in declared.connectors.values() for step in each.all_steps]
    bodies += [each.model_dump() for each in declared.collaborations.values()]
    texts = {text for body in bodies for text in texts_in(body)}
    texts |= {text for connector in declared.connectors.values() for text in texts_in(_recipe(connector))}
    secret = {(declared.root / text.partition(":")[2]).resolve() for text in texts if text.startswith("file:")} | {
        (declared.root / each.key.partition(":")[2]).resolve() for each in declared.workspace.tenants.values()
    }
    for text in texts:
        if not text or len(text) > 255 or "\n" in text or SECRET_REF.fullmatch(text) or Path(text).is_absolute():
            continue
        path = declared.root / text
        try:
            inside = path.is_file() and path.resolve().is_relative_to(declared.root.resolve())
        except (OSError, ValueError):
            continue
        if inside and path.resolve() not in secret:
            yield Path(text)


def _recipe(connector: Any) -> Any:
    return connector.recipe.model_dump() if hasattr(connector.recipe, "model_dump") else connector.recipe
