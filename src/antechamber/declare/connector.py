"""A connector file: source → columns → table → sharing → schedule."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, SerializeAsAny

from antechamber.declare.id_namespace import IdNamespace
from antechamber.declare.keys import expanded_columns
from antechamber.declare.model import Model, Name, SecretRef, Slug, Text
from antechamber.declare.placeholders import Placeholders
from antechamber.declare.protect import Noise, Protection, TruncateTo
from antechamber.declare.quality import ColumnQuality, TableQuality
from antechamber.declare.registry import MODELS
from antechamber.declare.share import Share
from antechamber.declare.source import SourceModel
from antechamber.declare.step import StepModel, needed, step_of

ColumnType = Literal[
    "id", "string", "integer", "decimal", "float", "boolean", "date", "timestamp",
    "email", "phone", "first_name", "last_name", "postal_code", "country", "state", "city", "address",
    "full_name", "date_of_birth", "gender", "mobile_ad_id", "ip_address", "external_id",
]  # fmt: skip

IDENTITY_TYPES = frozenset(
    {
        "email", "phone", "first_name", "last_name", "full_name", "address", "date_of_birth", "mobile_ad_id",
        "ip_address", "external_id",
    }
)  # fmt: skip
"""Types that point at a person: they cannot be published unprotected without a reason.

`external_id` is one of them, because it is declared to be an advertiser's id of a person, made to be met elsewhere
(`id` may be an order's). `gender` is not: its two values point at nobody, and hashing two values hides nothing."""

Identity = Literal["email", "phone", "card", "iban", "ssn", "national_id", "ip_address", "device_id", "date_of_birth"]
"""Kinds of raw identities that are found in values: one detector each in `prepare/detection/`."""

BY_STANDARD = IDENTITY_TYPES | {"city", "state", "postal_code", "country", "gender"}
"""Types whose rule is a standard's: an invalid value becomes null, and a value may arrive hashed."""

StandardName = Literal[
    "aws-entity-resolution", "amazon-ads", "uid2", "google", "meta", "tiktok", "snap", "liveramp"
]  # fmt: skip
"""Every standard, by the name that declarations give it; its rules are in `prepare/standards/`."""

MOST_STEPS = 100
"""Steps that a connector may have."""

Encoding = Literal["hex", "base64"]
"""How a digest is written: 64 lower-case hexadecimal digits, or 44 characters of base64 (RFC 4648, section 4)."""

OnInvalid = Literal["null", "quarantine", "drop"]


class ColumnKey(Model):
    """One of several match keys that a column feeds: what it says in place of the column's own keys."""

    standard: StandardName | None = None
    """Whose normalisation rules apply to this key."""
    protect: Protection | None = None
    """What is done so that the value may leave."""
    because: str | None = None
    """Why the key is published with `protect: none`."""
    secret: SecretRef | None = None
    """The key of hmac-sha256."""
    encoding: Encoding | None = None
    """sha256, hmac-sha256: how the 32 bytes are written."""
    salt: SecretRef | None = None
    """sha256: what is put at the value before it is hashed."""
    salt_at: Literal["start", "end"] = "start"
    """Where the salt is put."""
    hashed_input: Literal["keep", "hash"] = "keep"
    """What becomes of a value that arrives hashed."""
    region: str | None = None
    """phone: ISO 3166-1 alpha-2 of numbers without an international prefix."""
    country: str | None = None
    """postal_code, state, city, address: ISO 3166-1 alpha-2 of the values."""
    keep_last: Annotated[int, Field(ge=0, le=64)] = 4
    """mask: how many of the last characters stay."""
    required: bool = False
    """A record without a valid value goes to quarantine."""
    on_invalid: OnInvalid | None = None
    """What becomes of a value that is there and not valid."""


class Column(Model):
    """What one column means and what is done so that it may leave."""

    type: ColumnType
    """What the values mean: it decides how they are normalised and what is valid. A preset gives it for the columns
    that it knows."""
    protect: Protection | None = None
    """What is done so that the value may leave. `email`, `phone`, the names, `address`, `date_of_birth`,
    `mobile_ad_id`, `ip_address` and `external_id` need one; all others are published as they are when it is absent.
    `drop` keeps the column out of the table."""
    standard: StandardName | None = None
    """Whose normalisation rules apply to this column; the connector's `standard` when absent."""
    because: str | None = None
    """Why an identity column is published with `protect: none`, or why a column may hold raw identities."""
    may_hold: tuple[Identity, ...] = ()
    """Raw identities that the column's values may hold and that are published with them. Needs `because`."""
    source: Text | None = None
    """The source's name of the column, when it differs."""
    secret: SecretRef | None = None
    """The key of hmac-sha256 and of tokenize."""
    encoding: Encoding | None = None
    """sha256, hmac-sha256: how the 32 bytes are written. When absent, sha256 as the standard has it (uid2 base64, all
    others hex), hmac-sha256 hex."""
    salt: SecretRef | None = None
    """sha256: what is put at the value before it is hashed. Of a partner's salt, which both sides know."""
    salt_at: Literal["start", "end"] = "start"
    """Where the salt is put."""
    hashed_input: Literal["keep", "hash"] = "keep"
    """What becomes of a value that arrives hashed: it is kept, in the column's encoding, or its digits are hashed."""
    keys: dict[Name, StandardName | ColumnKey] | None = None
    """Several output columns in place of this one, each by its standard, or by keys of its own."""
    region: str | None = None
    """phone: ISO 3166-1 alpha-2 of numbers without an international prefix."""
    region_from: Text | None = None
    """phone: the source's column that holds the record's country; `region` stands in where it is empty."""
    country: str | None = None
    """postal_code, state, city, address: ISO 3166-1 alpha-2 of the values."""
    country_from: Text | None = None
    """postal_code, state, city, address: the source's column that holds the record's country."""
    format: str | tuple[str, ...] | None = None
    """date, timestamp, date_of_birth: strptime formats, or `epoch_s`, `epoch_ms`, `epoch_us` for numbers since 1970,
    tried in order; ISO 8601 when absent."""
    timezone: str | None = None
    """timestamp: the IANA zone of values without an offset; UTC when absent."""
    precision: Annotated[int, Field(ge=1, le=38)] | None = None
    """decimal: all digits; 38 when absent."""
    scale: Annotated[int, Field(ge=0, le=38)] | None = None
    """decimal: digits behind the point; 2 when absent. More digits than these in a value is invalid."""
    one_of: tuple[str, ...] | None = None
    """string, id: the only values that are valid."""
    keep_last: Annotated[int, Field(ge=0, le=64)] = 4
    """mask: how many of the last characters stay; all others become '*'. Of a text that has no more, none stays."""
    buckets: tuple[float, ...] | None = None
    """bucket: the bounds between the buckets, growing: `[18, 25, 65]` gives `<18`, `18-24`, `25-64` and `65+`."""
    bucket_width: Annotated[float, Field(gt=0)] | None = None
    """bucket: the width of all buckets, of which one begins at 0, instead of `buckets`."""
    as_of: str | None = None
    """bucket, of a date: the day (`2026-01-01`) at which the ages in whole years are that fall into the buckets."""
    truncate_to: TruncateTo | None = None
    """truncate: how many of the first characters of a text stay; of a date or a timestamp `month`, `quarter` or
    `year`, and of a timestamp `day` too. An IP address needs none: of IPv4 24 bits stay, of IPv6 48."""
    token_group: Slug | None = None
    """tokenize: columns of one tenant with one group and one secret give equal tokens for equal values; when absent,
    columns of one name do."""
    noise: Noise | None = None
    """noise: how much, and for which values."""
    required: bool = False
    """A record without a valid value goes to quarantine."""
    on_invalid: OnInvalid | None = None
    """What becomes of a value that is there and not valid: null, or its record goes to quarantine or is dropped.
    Default: the types of a standard null, all others quarantine."""
    placeholders: bool = True
    """Types of a standard: whether values that stand for nobody (`test@test.com`) are found; see the connector's
    `placeholders`."""
    quality: ColumnQuality | None = None
    """What must hold of the values, and what happens where it does not: see [quality](quality.md)."""


class Table(Model):
    """The published table."""

    name: Name
    """The table's name in the catalog and, unless a share says otherwise, in queries."""
    mode: Literal["append", "replace", "upsert"] = "append"
    """What a run does with the records that are there: `append` keeps them all, `replace` keeps none, `upsert` keeps
    those whose key does not come again."""
    key: Name | tuple[Name, ...] | None = None
    """upsert: the output columns that identify a record."""
    evolve: bool = False
    """Whether a new column of the recipe may be added to an existing table."""
    file_size_mb: Annotated[int, Field(ge=1, le=1024)] = 256
    """Data files are closed at about this size."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The key's columns."""
        if self.key is None:
            return ()
        return (self.key,) if isinstance(self.key, str) else self.key


def _of_its_type(value: Any) -> Any:
    if isinstance(value, dict) and value.get("type") in MODELS:
        return MODELS[value["type"]].model_validate(value)
    return value


class RecipeFile(Model):
    """A recipe of AWS Glue DataBrew, and where its secrets are kept here."""

    file: Text
    """The JSON file, relative to the workspace."""
    secrets: dict[Text, SecretRef] = Field(default_factory=dict)
    """DataBrew's `secretId` → its reference here; AWS Secrets Manager under that name when absent."""


class Connector(Model):
    """One file under `connectors/`."""

    connector: Slug
    """The connector's name, the only one in the workspace."""
    tenant: Slug
    """Whose data it is: one of the workspace's tenants."""
    standard: StandardName = "aws-entity-resolution"
    """Whose normalisation rules apply, where a column does not say."""
    placeholders: Placeholders | bool = True
    """Which values stand for nobody, besides those of the package's lists; `false` finds none."""
    source: Annotated[SerializeAsAny[SourceModel], BeforeValidator(_of_its_type)]
    """Where the records come from."""
    recipe: Text | RecipeFile | None = None
    """A recipe of AWS Glue DataBrew, a JSON file of the workspace: see [databrew](databrew.md). It is carried out
    before `steps:`."""
    steps: tuple[Annotated[SerializeAsAny[StepModel], BeforeValidator(step_of)], ...] = ()
    """What is done to the records before their columns are prepared, one step after the other."""
    columns: Annotated[dict[Name, Column], BeforeValidator(expanded_columns), Field(min_length=1)]
    """The published table's columns, by name and in order. What else the source has is left out and reported. With a
    preset a list of names will do."""
    table: Table
    """Where the records go."""
    quality: TableQuality | None = None
    """What must hold of a run's records together, and what happens where it does not: see [quality](quality.md)."""
    share: tuple[Share, ...] = ()
    """The collaborations that may use the table. Nothing is shared that is not named here."""
    id_namespace: IdNamespace | None = None
    """Whose ids the table holds, so that a collaboration can map them to another member's: see
    [id-mapping](id-mapping.md)."""
    schedule: str | None = None
    """`cron(…)` or `rate(…)`, as Amazon EventBridge Scheduler writes them."""
    notify: tuple[str, ...] = ()
    """`log:`, `https://…` (a webhook), `smtp://host:port/address`."""

    def source_columns(self) -> frozenset[str]:
        """The source's columns of which the published ones are made: through all steps, from the last to the first.

        Raises Unknown when a part that it depends on is itself a mistake.
        """
        names = {
            name
            for key, column in self.published.items()
            for name in (column.source or key, column.region_from, column.country_from)
            if name is not None
        }
        return needed(self.all_steps, frozenset(names))

    _of_recipe: tuple[StepModel, ...] = PrivateAttr(default=())

    def take_recipe(self, steps: tuple[StepModel, ...]) -> None:
        """What the file of `recipe:` says, when it is read. To be called once, while the connector is loaded."""
        object.__setattr__(self, "_of_recipe", steps)

    @property
    def all_steps(self) -> tuple[StepModel, ...]:
        """Those of the recipe, then the connector's own."""
        return (*self._of_recipe, *self.steps)

    def step_name(self, place: int) -> str:
        """How messages call one of `all_steps`: `steps[2].rename`, or `recipe (rename)`."""
        own = place - len(self._of_recipe)
        name = self.all_steps[place].NAME
        return f"steps[{own}].{name}" if own >= 0 else f"recipe ({name})"

    @property
    def published(self) -> dict[str, Column]:
        """The columns that reach the table: all but those with `protect: drop`."""
        return {name: column for name, column in self.columns.items() if column.protect != "drop"}
