"""Rules of a `source:`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.format import ENDINGS
from antechamber.declare.mistake import Mistake
from antechamber.declare.model import show
from antechamber.declare.rules.formats import format_rules
from antechamber.declare.rules.locations import flaw_of_glob, flaw_of_location
from antechamber.declare.seal import ARCHIVES
from antechamber.declare.seal import ENDINGS as SEALS
from antechamber.declare.source import DatabaseSource, FileSource

FORMATS = tuple(ENDINGS)
_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
_NAME = r'(?:"((?:[^"]|"")+)"|([^".]+))'
"""One part of a table's name: in double quotes as it stands, or without quotes and dots."""


def source_rules(connector: Connector) -> list[Iterator[Mistake]]:
    """Every rule of a connector's source."""
    source = connector.source
    own = source.mistakes(connector)
    if isinstance(source, DatabaseSource):
        return [
            own,
            _table_or_query(source),
            _table(source),
            _query(source),
            _query_gives(source, "watermark"),
            _query_gives(source, "partition_on"),
            _query_gives(source, "deleted"),
            _lateness(source),
            _watermark_replaces(connector, source),
            _deleted_upserts(connector, source),
        ]
    if not isinstance(source, FileSource):
        return [own]
    rules = [own, _path(source), _decrypt(source), _decrypt_keys(source), _format_told(source), _marker(source)]
    return [*rules, _members(source), *format_rules(connector, source)]


def endings_of(path: str) -> tuple[tuple[str, ...], str | None]:
    """The seals that a glob's ending tells, outermost first, and the ending below them.

    The ending is "" when there is none, and None when files of any ending may match, or what is inside of an archive.
    """
    name = path.rpartition("/")[2] or "*"  # a folder stands for every file in it
    seals: list[str] = []
    while True:
        stem, dot, ending = name.rpartition(".")
        if re.search(r"[*?\[\]]", ending) or (not dot and "*" in stem):
            return tuple(seals), None
        told = SEALS.get(f".{ending}".lower()) if dot else None
        if told is None or not stem:
            return tuple(seals), f".{ending}".lower() if dot and stem else ""
        seals += told
        if told[-1] in ARCHIVES:
            return tuple(seals), None
        name = stem


def _path(source: FileSource) -> Iterator[Mistake]:
    flaw = flaw_of_location(source.path, absolute=source.rooted) or flaw_of_glob(source.path)
    if flaw is not None:
        yield Mistake(("source", "path"), *flaw)


def _decrypt(source: FileSource) -> Iterator[Mistake]:
    unseal, decrypt = source.unseal, source.decrypt
    seals, below = endings_of(source.path) if unseal is None else (unseal, "")
    where = ("source", "decrypt") if unseal is None else ("source", "unseal")
    if "pgp" in seals and (decrypt is None or decrypt.pgp is None):
        yield Mistake(
            where,
            "the files are PGP messages, and no key is named",
            "add decrypt: {pgp: file:path} with a reference to the private key",
        )
    if "kms" in seals and (decrypt is None or decrypt.kms is None):
        yield Mistake(
            where,
            "the files are sealed with a KMS key, and none is named",
            "add decrypt: {kms: arn} with the ARN of the key",
        )
    if decrypt is None:
        return
    if decrypt.pgp is None and decrypt.kms is None and not {"pgp", "kms"} & set(seals):
        yield Mistake(("source", "decrypt"), "no key is named", "add pgp: or kms:, or remove decrypt")
    if below is None:
        return
    if "pgp" not in seals and decrypt.pgp is not None:
        yield Mistake(
            ("source", "decrypt"),
            "keys are named, and nothing is PGP-encrypted",
            "remove decrypt, end the path in .pgp, .gpg or .asc, or add pgp to unseal",
        )
    if "kms" not in seals and decrypt.kms is not None:
        yield Mistake(
            ("source", "decrypt", "kms"),
            "a KMS key is named, and nothing is sealed with one",
            "remove it, end the path in .kms or .encrypted, or add kms to unseal",
        )


def _decrypt_keys(source: FileSource) -> Iterator[Mistake]:
    at, decrypt = ("source", "decrypt"), source.decrypt
    if decrypt is None:
        return
    if decrypt.pgp == ():
        yield Mistake((*at, "pgp"), "the list is empty", "name at least one private key")
    if decrypt.signer == ():
        yield Mistake((*at, "signer"), "the list is empty", "name a public key, or remove the key")
    if decrypt.kms == ():
        yield Mistake((*at, "kms"), "the list is empty", "name at least one key")
    for place, arn in enumerate(decrypt.kms_keys):
        if not _KMS_KEY.fullmatch(arn):
            yield Mistake(
                (*at, "kms") if isinstance(decrypt.kms, str) else (*at, "kms", place),
                f"{show(arn)} is not the ARN of a KMS key",
                "write arn:aws:kms:REGION:ACCOUNT:key/ID; a message names its key by ARN, never by an alias",
            )
    for key in ("passphrase", "signer"):
        if decrypt.pgp is None and getattr(decrypt, key) is not None:
            yield Mistake((*at, key), f"{key} means nothing without pgp", "add pgp:, or remove it")
    if decrypt.context and decrypt.kms is None:
        yield Mistake((*at, "context"), "context means nothing without kms", "add kms:, or remove it")


def _format_told(source: FileSource) -> Iterator[Mistake]:
    if source.format is not None:
        return
    below = endings_of(source.path)[1]
    if below is not None and below not in FORMATS:
        ending = f"the ending {show(below)}" if below else "a path without an ending"
        yield Mistake(
            ("source", "format"),
            f"{ending} does not tell the files' format",
            f"add format: {{type: csv}} or another; or end the path in one of {' '.join(FORMATS)}",
        )


def _marker(source: FileSource) -> Iterator[Mistake]:
    for key, value in (("marker", source.marker), ("manifest", source.manifest)):
        if value is None:
            continue
        if "/" in value or value.strip() in ("", ".", "..", "{name}"):
            yield Mistake(("source", key), f"{show(value)} is not a file's name", "name a file beside the others")
        unknown = [each for each in re.findall(r"\{[^}]*\}", value) if key == "manifest" or each != "{name}"]
        if unknown:
            only = "only {name} is filled in" if key == "marker" else "nothing is filled in"
            yield Mistake(("source", key), f"{show(unknown[0])} stands for nothing here", only)


def _members(source: FileSource) -> Iterator[Mistake]:
    if source.members is None:
        return
    seals, below = endings_of(source.path) if source.unseal is None else (source.unseal, "")
    if below is not None and not ARCHIVES & set(seals):
        yield Mistake(
            ("source", "members"),
            "members are named, and the files are no archives",
            "remove it, end the path in .zip, or add zip to unseal",
        )
    if not source.members.strip() or source.members.startswith("/"):
        flaw: tuple[str, str] | None = (
            f"{show(source.members)} is not a pattern of files in an archive",
            "write a name such as Opens.csv, or **/Opens.csv for one in any folder",
        )
    else:
        flaw = flaw_of_glob(source.members)
    if flaw is not None:
        yield Mistake(("source", "members"), *flaw)


def _table_or_query(source: DatabaseSource) -> Iterator[Mistake]:
    if source.table is None and source.query is None:
        yield Mistake(
            ("source", "table"), "neither a table nor a query is named", "add table: schema.name, or query:"
        )
    if source.table is not None and source.query is not None:
        yield Mistake(("source", "query"), "both a table and a query are given", "remove one of them")


def _table(source: DatabaseSource) -> Iterator[Mistake]:
    if source.table is None:
        return
    names = [(quoted or plain).strip() for quoted, plain in re.findall(_NAME, source.table)]
    # A warehouse has catalogs above its schemas, and longer names.
    above, longest = (1, 63) if source.dialect in ("postgres", "mysql", "sqlite") else (2, 255)
    good = re.fullmatch(rf"\s*{_NAME}(\s*\.\s*{_NAME}){{0,{above}}}\s*", source.table) and all(
        name.isprintable() and 0 < len(name.encode()) <= longest for name in names
    )
    if not good:
        yield Mistake(
            ("source", "table"),
            f"{show(source.table)} is not a table's name",
            "write schema.table or table; a name with a dot in it goes in double quotes",
        )


def _query(source: DatabaseSource) -> Iterator[Mistake]:
    if source.query is None:
        return
    # Imported here: the SQL parser takes longer to load than all the rest of a workspace without a query.
    from antechamber.declare.rules.query import flaw_of_query

    if (flaw := flaw_of_query(source.query, source.dialect)) is not None:
        yield Mistake(("source", "query"), *flaw)


def _query_gives(source: DatabaseSource, key: str) -> Iterator[Mistake]:
    column = getattr(source, key)
    if column is None or source.query is None:
        return
    from antechamber.declare.rules.query import output_names

    names = output_names(source.query, source.dialect)
    if names is not None and column not in names:
        yield Mistake(
            ("source", key), f"the query does not return {show(column)}", "add it to what the query selects"
        )


def _lateness(source: DatabaseSource) -> Iterator[Mistake]:
    if source.lateness is not None and source.watermark is None:
        yield Mistake(
            ("source", "lateness"), "lateness means nothing without a watermark", "add watermark:, or remove it"
        )


def _watermark_replaces(connector: Connector, source: DatabaseSource) -> Iterator[Mistake]:
    if source.watermark is not None and connector.table.mode == "replace":
        yield Mistake(
            ("source", "watermark"),
            "each run would replace the whole table by what changed since the last",
            "write mode: upsert with a key, or remove the watermark",
        )


def _deleted_upserts(connector: Connector, source: DatabaseSource) -> Iterator[Mistake]:
    if source.deleted is not None and connector.table.mode != "upsert":
        yield Mistake(
            ("source", "deleted"),
            f"a deleted record leaves the table by its key, which mode {connector.table.mode} does not have",
            "write mode: upsert with a key, or leave deleted records out with `query:`",
        )
