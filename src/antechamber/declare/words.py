"""How mistakes speak about values: the nouns of their kinds, and what people call things that we call otherwise."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from antechamber.declare.collaboration import Member, Privacy, TemplateParameter
from antechamber.declare.connector import Column, ColumnKey, Connector, Table
from antechamber.declare.format import FileFormat, FixedWidth
from antechamber.declare.placeholders import Placeholders
from antechamber.declare.policy import Policy
from antechamber.declare.share import Aggregate, AggregationRule, CustomRule, ListRule, Threshold
from antechamber.declare.source import FileSource, SourceModel
from antechamber.declare.workspace import Catalog, CleanRoom

CHOICES: dict[tuple[type[BaseModel], str], str] = {
    (Column, "type"): "a column type",
    (Column, "standard"): "a standard",
    (Column, "encoding"): "an encoding",
    (Column, "salt_at"): "a place of the salt",
    (Column, "hashed_input"): "something that becomes of a hashed value",
    (Column, "keys"): "a standard",
    (ColumnKey, "standard"): "a standard",
    (ColumnKey, "protect"): "a protection",
    (ColumnKey, "encoding"): "an encoding",
    (ColumnKey, "salt_at"): "a place of the salt",
    (ColumnKey, "hashed_input"): "something that becomes of a hashed value",
    (ColumnKey, "on_invalid"): "something that becomes of an invalid value",
    (Column, "protect"): "a protection",
    (Column, "may_hold"): "a kind of identity",
    (Column, "on_invalid"): "something that becomes of an invalid value",
    (Table, "mode"): "a table mode",
    (Connector, "standard"): "a standard",
    (Placeholders, "keep"): "a class of placeholders",
    (Placeholders, "also"): "a class of placeholders",
    (SourceModel, "type"): "a source type",
    (FileSource, "unseal"): "a kind of seal",
    (FileSource, "after"): "something that becomes of a published file",
    (FileFormat, "type"): "a file format",
    (FixedWidth, "unit"): "something that places are counted in",
    (FixedWidth, "trim"): "a way of trimming",
    (Aggregate, "function"): "an aggregate function",
    (AggregationRule, "join_operators"): "a join operator",
    (AggregationRule, "additional_analyses"): "an answer about additional analyses",
    (ListRule, "join_operators"): "a join operator",
    (ListRule, "additional_analyses"): "an answer about additional analyses",
    (CustomRule, "additional_analyses"): "an answer about additional analyses",
    (Threshold, "expressions"): "what an aggregate may be over",
    (Member, "abilities"): "an ability",
    (TemplateParameter, "type"): "a type of parameter",
    (Privacy, "refresh"): "a way to refresh a budget",
    (Policy, "rules"): "a kind of rule",
    (Catalog, "type"): "a catalog type",
    (CleanRoom, "type"): "a clean room type",
}
"""What the values of a field with a fixed list of values are called: `'x' is not …`."""


def noun_of(model: type[BaseModel], field: str) -> str:
    """What a value of the field is called; a model outside of this room says it in its own `NOUNS`."""
    for each in model.__mro__:
        own: dict[str, str] = each.__dict__.get("NOUNS", {})
        if (each, field) in CHOICES or field in own:
            return CHOICES.get((each, field)) or own[field]
    return "a value of this key"


ALSO_CALLED = {
    "text": "string", "str": "string", "varchar": "string", "char": "string", "int": "integer", "bigint": "integer",
    "number": "decimal", "numeric": "decimal", "money": "decimal", "double": "float", "real": "float",
    "datetime": "timestamp", "time": "timestamp", "bool": "boolean", "key": "id", "identifier": "id", "uuid": "id",
    "mail": "email", "e-mail": "email", "email_address": "email", "telephone": "phone", "mobile": "phone",
    "phone_number": "phone", "firstname": "first_name", "given_name": "first_name", "forename": "first_name",
    "lastname": "last_name", "surname": "last_name", "family_name": "last_name", "zip": "postal_code",
    "zipcode": "postal_code", "zip_code": "postal_code", "postcode": "postal_code", "street": "address",
    "name": "full_name", "fullname": "full_name", "person_name": "full_name", "dob": "date_of_birth",
    "birthdate": "date_of_birth", "birth_date": "date_of_birth", "birthday": "date_of_birth", "sex": "gender",
    "maid": "mobile_ad_id", "madid": "mobile_ad_id", "idfa": "mobile_ad_id", "gaid": "mobile_ad_id",
    "aaid": "mobile_ad_id", "adid": "mobile_ad_id", "advertising_id": "mobile_ad_id", "device_id": "mobile_ad_id",
    "ip": "ip_address", "ipv4": "ip_address", "ipv6": "ip_address", "client_ip": "ip_address",
    "extern_id": "external_id", "crm_id": "external_id", "loyalty_id": "external_id", "user_id": "external_id",
    "facebook": "meta", "fb": "meta", "customer-match": "google", "google-ads": "google", "unified-id-2": "uid2",
    "entity-resolution": "aws-entity-resolution", "region_code": "state", "province": "state",
    "street_address": "address", "country_code": "country",
    "hash": "sha256", "sha": "sha256", "sha-2": "sha256", "hmac": "hmac-sha256", "raw": "none", "plain": "none",
    "remove": "drop", "redact": "mask", "token": "tokenize", "tokenise": "tokenize", "encrypt": "tokenize",
    "pseudonymize": "tokenize", "bin": "bucket", "bins": "buckets", "band": "bucket", "generalize": "truncate",
    "shorten": "truncate", "laplace": "noise", "dp": "noise",
    "postgres": "postgresql", "pg": "postgresql", "file": "landing",
    "files": "landing", "folder": "landing", "s3": "landing", "gpg": "pgp", "gz": "gzip", "zst": "zstd",
    "bz2": "bzip2", "ndjson": "jsonl", "tsv": "csv", "txt": "csv", "xls": "xlsx",
    "excel": "xlsx", "fixed-width": "fixed", "fixed_width": "fixed", "fwf": "fixed", "overwrite": "replace",
    "full": "replace", "merge": "upsert", "update": "upsert", "insert": "append", "move": "archive", "keep": "leave",
    "remove_file": "delete", "sum_distinct": "SUM DISTINCT", "count_distinct": "COUNT DISTINCT", "average": "AVG",
    "mean": "AVG", "can_query": "query", "can_receive_results": "receive", "sqlite3": "sqlite", "aws": "local",
    "role": "roles", "uk": "GB", "usa": "US", "hashing": "protect", "protection": "protect", "tables": "table",
    "primary_key": "key", "max": "greatest", "maximum": "greatest", "latest": "greatest", "newest": "greatest",
    "min": "least", "minimum": "least", "oldest": "least", "earliest": "least",
}  # fmt: skip
"""Other words for values and keys of declarations, in lower case."""


STEPS_ALSO_CALLED = {
    "where": "filter", "select": "filter", "dedupe": "deduplicate", "dedup": "deduplicate", "distinct": "deduplicate",
    "unique": "deduplicate", "join": "lookup", "enrich": "lookup", "concat": "merge", "concatenate": "merge",
    "combine": "merge", "default": "fill", "coalesce": "fill", "compute": "derive", "calculate": "derive",
    "add": "derive", "formula": "derive", "json": "parse_json", "unnest": "parse_json", "flatten": "parse_json",
    "regex": "extract", "substitute": "replace", "values": "map", "recode": "map", "limit": "sample",
    "separate": "split", "renames": "rename",
}  # fmt: skip
"""Other words for steps, in lower case."""


def kind_of(value: Any) -> str:
    """A value's kind as messages name it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case dict():
            return "a mapping"
    return "a list"
