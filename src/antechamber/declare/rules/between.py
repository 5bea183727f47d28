"""Rules between the files of a workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

from antechamber.declare.collaboration import Collaboration
from antechamber.declare.connector import Connector
from antechamber.declare.marked import Marked
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated, told
from antechamber.declare.model import Model, show
from antechamber.declare.policy import Policy
from antechamber.declare.rules.cloud import known_senders
from antechamber.declare.rules.collaborations import own_members, shared_tables
from antechamber.declare.rules.policies import governed, known_tenants
from antechamber.declare.rules.references import reference_mistakes
from antechamber.declare.workspace import Workspace

ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True)
class Declared(Generic[ModelT]):
    """One file and the model that it gave, as far as it could be read."""

    file: Marked
    model: ModelT


@dataclass(frozen=True)
class Files:
    """All files of a workspace, in the order in which they were read."""

    workspace: Declared[Workspace]
    connectors: tuple[Declared[Connector], ...]
    collaborations: tuple[Declared[Collaboration], ...]
    policies: tuple[Declared[Policy], ...] = ()

    @property
    def all(self) -> list[Marked]:
        """Every file."""
        return [
            self.workspace.file,
            *(each.file for each in self.connectors),
            *(each.file for each in self.collaborations),
            *(each.file for each in self.policies),
        ]


def mistakes_between(files: Files) -> list[tuple[Marked, Mistake]]:
    """All that does not fit together, each with the file that is to be changed."""
    found: list[tuple[Marked, Mistake]] = []
    owner, collaborations = files.workspace.model, _by_name(files.collaborations, "collaboration")
    sure = _all_told(files.collaborations, "collaboration")
    connectors, all_read = [each.model for each in files.connectors], _all_told(files.connectors, "table")
    for connector in files.connectors:
        rules = [
            _tenant_exists(connector.model, owner),
            reference_mistakes(connector.model, connectors, all_read),
            *(
                rule
                for place, share in enumerate(connector.model.__dict__.get("share", ()))
                for rule in (_joined(connector.model, owner, place, share.__dict__, collaborations, sure),)
            ),
        ]
        found += [(connector.file, mistake) for rule in rules for mistake in told(rule)]
    found += _governed(files, owner)
    found += [(files.workspace.file, each) for each in told(known_senders(owner, connectors, all_read))]
    for collaboration in files.collaborations:
        rules = [_members_exist(collaboration.model, owner), own_members(collaboration.model, owner)]
        if all_read and all("share" in each.model.__dict__ for each in files.connectors):
            rules.append(shared_tables(collaboration.model, connectors))
        for rule in rules:
            found += [(collaboration.file, each) for each in told(rule)]
    found += _names_once(files.connectors, "connector")
    found += _names_once(files.collaborations, "collaboration")
    found += _names_once(files.policies, "policy")
    return found + _tables_once(files, owner) + _shared_names_once(files.connectors) + _namespaces_once(files)


def _governed(files: Files, owner: Workspace) -> list[tuple[Marked, Mistake]]:
    found = [(each.file, mistake) for each in files.policies for mistake in told(known_tenants(each.model, owner))]
    known = _by_name(files.collaborations, "collaboration")
    for connector, policy in product(files.connectors, files.policies):
        for place in range(len(connector.model.__dict__.get("share", ()))):
            broken = told(governed(connector.model, place, policy.model, policy.file.name, known))
            found += [(connector.file, mistake) for mistake in broken]
    return found


def _by_name(declared: tuple[Declared[ModelT], ...], key: str) -> dict[str, ModelT]:
    return {each.model.__dict__[key]: each.model for each in declared if key in each.model.__dict__}


def _all_told(declared: tuple[Declared[ModelT], ...], key: str) -> bool:
    """Whether every file's own name could be read: if not, a missing one may be there."""
    return all(key in each.model.__dict__ for each in declared)


def _tenant_exists(connector: Connector, workspace: Workspace) -> Iterator[Mistake]:
    if connector.tenant not in workspace.tenants:
        yield Mistake(
            ("tenant",),
            f"{show(connector.tenant)} is not a tenant of the workspace",
            choose(connector.tenant, workspace.tenants) or "add it to antechamber.yaml",
        )


def _joined(
    connector: Connector,
    workspace: Workspace,
    place: int,
    share: Mapping[str, object],
    known: dict[str, Collaboration],
    sure: bool,
) -> Iterator[Mistake]:
    name = share.get("collaboration")
    path: KeyPath = ("share", place, "collaboration")
    if not isinstance(name, str):
        return
    if name not in known:
        if sure:
            remedy = choose(name, known) or "declare it in collaborations/"
            yield Mistake(path, f"there is no collaboration {show(name)}", remedy)
    elif connector.tenant in workspace.tenants and connector.tenant not in known[name].members:
        members = ", ".join(show(each)[1:-1] for each in known[name].members)
        yield Mistake(
            path,
            f"{show(connector.tenant)} is not a member of {show(name)}",
            f"add it to the members in the collaboration's file; now: {members}",
        )


def _members_exist(collaboration: Collaboration, workspace: Workspace) -> Iterator[Mistake]:
    for name in collaboration.members:
        account = collaboration.members[name].account
        if name not in workspace.tenants and account is None:
            remedy = choose(name, workspace.tenants) or "add it to antechamber.yaml"
            what = f"{show(name)} is not a tenant of the workspace"
            yield Mistake(("members", name), what, f"{remedy}; or give the other company's account:")
        elif name in workspace.tenants and account is not None:
            yield Mistake(
                ("members", name, "account"),
                f"{show(name)} is a tenant, whose account stands in antechamber.yaml",
                "remove it here",
            )


def _names_once(declared: tuple[Declared[ModelT], ...], key: str) -> list[tuple[Marked, Mistake]]:
    first: dict[str, Marked] = {}
    found = []
    for each in declared:
        name = each.model.__dict__.get(key)
        if name is None:
            continue
        if name in first:
            what = f"the {key} {show(name)} is declared before, in {first[name].place(key)}"
            found.append((each.file, Mistake((key,), what, "give each file a name of its own")))
        first.setdefault(name, each.file)
    return found


def _tables_once(files: Files, workspace: Workspace) -> list[tuple[Marked, Mistake]]:
    """Two connectors never publish to one table."""
    first: dict[tuple[str, str], Marked] = {}
    found = []
    for each in files.connectors:
        table = each.model.__dict__.get("table")
        name = table.__dict__.get("name") if table is not None else None
        tenant = each.model.__dict__.get("tenant")
        if name is None or tenant is None:
            continue
        if (tenant, name) in first:
            what = (
                f"{show(tenant)} publishes to the table {show(name)} before, in {first[tenant, name].place('table')}"
            )
            found.append((each.file, Mistake(("table", "name"), what, "give each connector a table of its own")))
        first.setdefault((tenant, name), each.file)
    return found


def _shared_names_once(connectors: tuple[Declared[Connector], ...]) -> list[tuple[Marked, Mistake]]:
    """Queries name tables without their owner, so a name stands for one table in a collaboration."""
    first: dict[tuple[str, str], str] = {}
    found = []
    for each in connectors:
        table = each.model.__dict__.get("table")
        for place, share in enumerate(each.model.__dict__.get("share", ())):
            own = share.__dict__.get("name")
            name = own or (table.__dict__.get("name") if table is not None and "name" in share.__dict__ else None)
            room = share.__dict__.get("collaboration")
            if name is None or room is None:
                continue
            path: KeyPath = ("share", place, "name") if own else ("share", place)
            if (room, name) in first:
                what = f"{show(room)} has a table {show(name)} before, in {first[room, name]}"
                found.append((each.file, Mistake(path, what, "add name: to tell them apart in queries")))
            first.setdefault((room, name), each.file.place(*path))
    return found


def _namespaces_once(files: Files) -> list[tuple[Marked, Mistake]]:
    """An ID namespace is found by its name within its owner's account."""
    first: dict[tuple[str, str], str] = {}
    found = []
    for each in files.connectors:
        read = each.model.__dict__
        space, tenant = read.get("id_namespace"), read.get("tenant")
        name = None if space is None else space.__dict__.get("name") or read.get("connector")
        if name is None or tenant is None:
            continue
        path: KeyPath = ("id_namespace", "name") if space.__dict__.get("name") else ("id_namespace",)
        if (tenant, name) in first:
            what = f"{show(tenant)} has an ID namespace {show(name)} before, in {first[tenant, name]}"
            found.append((each.file, Mistake(path, what, "add name: to tell them apart")))
        first.setdefault((tenant, name), each.file.place(*path))
    return found


def workspace_rules(workspace: Workspace) -> list[Iterator[Mistake]]:
    """Rules between the tenants of one workspace."""
    return [_databases(workspace), _accounts(workspace)]


def _databases(workspace: Workspace) -> Iterator[Mistake]:
    """Each tenant has a database of its own; where none is named it is the tenant's name with _ for -."""
    names = list(workspace.tenants)
    databases = [
        (tenant.__dict__.get("database") or name.replace("-", "_")) if "database" in tenant.__dict__ else f"\0{name}"
        for name, tenant in workspace.tenants.items()
    ]
    for place, database in repeated(databases):
        other = names[databases.index(database)]
        yield Mistake(
            ("tenants", names[place], "database"),
            f"{show(names[place])} and {show(other)} would share the database {show(database)}",
            "give each tenant a database: of its own",
        )


def _accounts(workspace: Workspace) -> Iterator[Mistake]:
    """Each tenant that names an account has it alone."""
    names = list(workspace.tenants)
    accounts = [tenant.__dict__.get("account") or f"\0{name}" for name, tenant in workspace.tenants.items()]
    for place, account in repeated(accounts):
        other = names[accounts.index(account)]
        yield Mistake(
            ("tenants", names[place], "account"),
            f"{show(names[place])} and {show(other)} would be the same account",
            "give each tenant an account of its own",
        )
