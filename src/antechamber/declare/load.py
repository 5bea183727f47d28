"""Loading a workspace: its files → its declarations, or all that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from antechamber.declare.collaboration import Collaboration
from antechamber.declare.completed import Completed, completed
from antechamber.declare.conform import conform
from antechamber.declare.connector import Connector
from antechamber.declare.marked import Marked, read_marked
from antechamber.declare.mistake import KeyPath, Mistake, dotted
from antechamber.declare.model import Model, show
from antechamber.declare.policy import Policy
from antechamber.declare.recipe_file import take_recipe
from antechamber.declare.rules.between import Declared, Files, mistakes_between
from antechamber.declare.rules.cautions import Caution, connector_cautions, workspace_cautions
from antechamber.declare.rules.files import mistakes_in
from antechamber.declare.syntax import MOST_BYTES, Trouble
from antechamber.declare.workspace import Workspace
from antechamber.errors import DeclarationError, DeclarationErrors

FILE = "antechamber.yaml"
ENDINGS = (".yaml", ".yml")

Kind = Literal["workspace", "connector", "collaboration", "policy"]
ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True)
class Declarations:
    """A workspace without mistakes.

    root: its folder, absolute.
    connectors, collaborations, policies: by the name that each declares.
    warnings: what is allowed and may not be what was wanted, each with its place.
    """

    root: Path
    workspace: Workspace
    connectors: dict[str, Connector]
    collaborations: dict[str, Collaboration]
    warnings: tuple[str, ...] = ()
    files: Mapping[tuple[str, str], Marked] = field(default_factory=dict, repr=False, compare=False)
    """(kind, name) → its file; the workspace's name is "" here."""
    presets: Mapping[str, Completed] = field(default_factory=dict, repr=False, compare=False)
    """Connector → what a preset gave to its file, for those that name one."""
    policies: Mapping[str, Policy] = field(default_factory=dict)

    def place(self, kind: Kind, name: str, *key_path: str | int) -> str:
        """Where a key stands: `connectors/loyalty.yaml:14`; the nearest key around it when it is not there.

        name: the connector's or collaboration's; of no account for the workspace. key_path: keys and list positions
        from 0. Raises KeyError when there is no such declaration.
        """
        return self.files[kind, "" if kind == "workspace" else name].place(*key_path)


def load_workspace(path: Path) -> Declarations:
    """Read a workspace: a folder, or the `antechamber.yaml` in it. Raises DeclarationErrors with every mistake."""
    root = _root(path)
    troubles: list[DeclarationError] = []
    workspace = _declared(Workspace, _read(root, root / FILE), troubles)
    filled = [completed(file) for file in _files(root, "connectors")]
    notes: list[str] = []
    connectors = [
        _declared(Connector, each.file, troubles, each, _recipe_of(root, each.file, troubles, notes))
        for each in filled
    ]
    collaborations = [_declared(Collaboration, file, troubles) for file in _files(root, "collaborations")]
    policies = [_declared(Policy, file, troubles) for file in _files(root, "policies")]
    files = Files(workspace, tuple(connectors), tuple(collaborations), tuple(policies))
    known = {(error.where.partition(": ")[0], error.where.partition(": ")[2]) for error in troubles}
    for file, mistake in mistakes_between(files):
        error = _error(file, mistake)
        if (file.place(*mistake.path), dotted(mistake.path)) not in known:
            troubles.append(error)
    if troubles:
        order = {file.name: place for place, file in enumerate(files.all)}
        raise DeclarationErrors(sorted(troubles, key=lambda error: _rank(error, order)))
    presets = {
        connector.model.connector: each for connector, each in zip(connectors, filled, strict=True) if each.preset
    }
    return _whole(root, files, presets, notes)


def _recipe_of(
    root: Path, file: Marked, troubles: list[DeclarationError], notes: list[str]
) -> Callable[[Connector], None]:
    def take(connector: Connector) -> None:
        wrong, known = take_recipe(root, connector, file)
        troubles.extend(wrong)
        notes.extend(known)

    return take


def _root(path: Path) -> Path:
    try:
        folder = path if path.is_dir() else path.parent
        found = path.exists() and (path.is_dir() or path.name == FILE) and (folder / FILE).exists()
    except (OSError, ValueError):
        folder, found = path, False
    if not found:
        raise DeclarationErrors(
            [
                DeclarationError(
                    f"there is no {FILE}",
                    where=show(str(path))[1:-1],
                    remedy=f"name the folder that holds {FILE}, or make a workspace: antechamber init",
                )
            ]
        )
    return folder.absolute()


def _files(root: Path, folder: str) -> Iterator[Marked]:
    for path in _entries(root / folder):
        if path.suffix in ENDINGS and not path.name.startswith("."):
            yield _read(root, path)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name) if folder.is_dir() else []
    except OSError as error:
        raise DeclarationErrors(
            [
                DeclarationError(
                    f"the folder cannot be read ({error.strerror})", where=folder.name, remedy="check its permissions"
                )
            ]
        ) from None


def _read(root: Path, path: Path) -> Marked:
    """A file's content; a file that cannot be read is one with that trouble."""
    name = show(path.relative_to(root).as_posix())[1:-1]
    try:
        if path.is_file():
            with path.open("rb") as file:
                return read_marked(name, file.read(MOST_BYTES + 1))
        what = "this is not a file"
    except OSError as error:
        what = f"the file cannot be read ({error.strerror})"
    return Marked(name, None, troubles=(Trouble(1, what, "check its kind and its permissions"),), broken=True)


def _declared(
    model: type[ModelT],
    file: Marked,
    troubles: list[DeclarationError],
    filled: Completed | None = None,
    complete: Callable[[ModelT], None] | None = None,
) -> Declared[ModelT]:
    """The file's model, as far as it can be read; its mistakes are added to `troubles`.

    complete: adds to the model what other files say, before it is judged.
    """
    for trouble in file.troubles:
        where = f"{file.name}:{trouble.line}" + (f": {dotted(trouble.path)}" if trouble.path else "")
        troubles.append(DeclarationError(trouble.what, where=where, remedy=trouble.remedy))
    if file.broken:
        return Declared(file, conform(model, None)[0])
    if file.value is None:
        troubles.append(
            DeclarationError(
                "the file is empty", where=f"{file.name}:1", remedy="declare something in it, or remove it"
            )
        )
        return Declared(file, conform(model, None)[0])
    partial, mistakes = conform(model, file.value)
    if complete is not None:
        complete(partial)
    taken = {mistake.path for mistake in mistakes}
    mistakes += [mistake for mistake in mistakes_in(partial) if mistake.path not in taken]
    troubles += [_error(file, mistake) for mistake in (filled.explain(mistakes) if filled else mistakes)]
    return Declared(file, partial)


def _error(file: Marked, mistake: Mistake) -> DeclarationError:
    return DeclarationError(mistake.what, where=_where(file, mistake.path), remedy=mistake.remedy)


def _where(file: Marked, path: KeyPath) -> str:
    return f"{file.place(*path)}: {dotted(path)}" if path else file.place()


def _rank(error: DeclarationError, order: Mapping[str, int]) -> tuple[int, int]:
    """Mistakes are told file by file, from the top of each to its end."""
    name, _, rest = error.where.partition(": ")[0].rpartition(":")
    return order.get(name, 0), int(rest)


def _whole(root: Path, files: Files, presets: Mapping[str, Completed], notes: list[str]) -> Declarations:
    marked = {("workspace", ""): files.workspace.file}
    marked |= {("connector", each.model.connector): each.file for each in files.connectors}
    marked |= {("collaboration", each.model.collaboration): each.file for each in files.collaborations}
    marked |= {("policy", each.model.policy): each.file for each in files.policies}
    warnings = [*_not_read(root), *_warnings(files.workspace.file, workspace_cautions(files.workspace.model))]
    for each in files.connectors:
        warnings += _warnings(each.file, connector_cautions(each.model))
    warnings += notes
    return Declarations(
        root=root,
        workspace=files.workspace.model,
        connectors={each.model.connector: each.model for each in files.connectors},
        collaborations={each.model.collaboration: each.model for each in files.collaborations},
        policies={each.model.policy: each.model for each in files.policies},
        warnings=tuple(warnings),
        files=marked,
        presets=presets,
    )


def _warnings(file: Marked, cautions: Iterator[Caution]) -> list[str]:
    return [f"{_where(file, path)}: {text}" for path, text in cautions]


def _not_read(root: Path) -> Iterator[str]:
    """Files that look like declarations and are not read because of their names."""
    for folder in ("connectors", "collaborations", "policies"):
        for path in _entries(root / folder):
            name = show(f"{folder}/{path.name}")[1:-1]
            looks = any(ending in path.name.lower() for ending in ENDINGS)
            if path.is_dir():
                yield f"{name}: the files in this folder are not read; put them into {folder}/ itself"
            elif looks and path.suffix not in ENDINGS and not path.name.startswith("."):
                yield f"{name}: this file is not read; its name would have to end in .yaml or .yml"
