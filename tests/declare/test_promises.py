"""What holds for all declarations: no secret in a message, nothing raised but mistakes, all of it documented."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from tests.declare.conftest import FILES, LOYALTY, ORDERS, WORKSPACE, lay_out

from antechamber import declare, store
from antechamber.collaborate.functions import SCALAR_FUNCTIONS
from antechamber.declare import Declarations, json_schema, load_workspace, step_page
from antechamber.declare.document import page, source_page
from antechamber.declare.marked import read_marked
from antechamber.declare.registry import BUILT_IN
from antechamber.declare.rules import locations, sharing, source
from antechamber.declare.rules.dates import flaw_of_format
from antechamber.declare.schema import model_of
from antechamber.declare.values import peel
from antechamber.declare.words import noun_of
from antechamber.errors import DeclarationErrors, FormatError, RecipeError
from antechamber.prepare.types.time_format import time_format
from antechamber.read import format_of
from antechamber.unseal.layers import layers_of

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
KINDS = ("workspace", "connector", "collaboration")
JARGON = (
    "pydantic",
    "Input should",
    "validation",
    "_type",
    "NoneType",
    "literal_error",
    "dict",
    "tuple",
    "str ",
    "[type=",
)
SECRET = "hunter2-5f4dcc3b5aa765d61d8327deb882cf99"


@pytest.mark.parametrize(
    "text",
    [
        WORKSPACE.replace("env:ACME_KEY", SECRET),
        WORKSPACE.replace("env:ACME_KEY", f"{{{SECRET}: 1}}"),
        WORKSPACE.replace("env:ACME_KEY", f"[{SECRET}]"),
        WORKSPACE.replace("env:ACME_KEY", f"'{SECRET}"),
        WORKSPACE.replace("env:ACME_KEY", f"@{SECRET}"),
        WORKSPACE.replace("env:ACME_KEY", f"*{SECRET}"),
        WORKSPACE.replace("env:ACME_KEY", f"!{SECRET}"),
        WORKSPACE.replace("env:ACME_KEY", f"&{SECRET} x"),
        WORKSPACE.replace("env:ACME_KEY", f"|\n      env:{SECRET}\n      {SECRET}"),
        WORKSPACE.replace("env:ACME_KEY", f"a: {SECRET}"),
        WORKSPACE.replace("log:", f"https://user:{SECRET}@hooks.example/x"),
        WORKSPACE.replace("log:", f"http://hooks.example/{SECRET}"),
        WORKSPACE.replace("log:", SECRET),
        WORKSPACE.replace("store: store", f"store: s3://key:{SECRET}@bucket"),
        WORKSPACE.replace("key: env:ACME_KEY", f"kye: {SECRET}"),
    ],
)
def test_what_may_be_a_secret_is_never_repeated(told: Told, text: str) -> None:
    found = told({"antechamber.yaml": text})
    assert found
    assert SECRET not in json.dumps(found)


@pytest.mark.parametrize("key", ["url", "query"])
def test_neither_a_url_nor_a_query_is_repeated(told: Told, key: str) -> None:
    text = ORDERS.replace("url: env:SHOP_URL", f"{key}: DELETE FROM x WHERE password = '{SECRET}'")
    assert SECRET not in json.dumps(told({"connectors/orders.yml": text}))


def test_long_values_are_cut(told: Told) -> None:
    [(where, what, remedy)] = told({"connectors/orders.yml": ORDERS.replace("integer", "x" * 5000)})
    assert where == "connectors/orders.yml:9: columns.order_id.type"
    assert what == f"'{'x' * 59}…' is not a column type"
    assert len(remedy) < 300


# Values of every kind, and texts that some rule somewhere takes apart.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["%Y-%m-%d", "%", "%(", "cron(0 0 L * ? *)", "cron(? ? ? ? ? ?)", "rate(9999999999999 days)", "s3://", "file://x",
         "SELECT 1", "((((SELECT", "SELECT '", "env:", "env:X", "log:", "https://[", "smtp://h:99999999/a@b",
         "a.b", "..",
         "*.csv.pgp", "[", "**", "utf\0", "Europe/../x", "postgresql", "landing", "csv", "acme", "email", "sha256"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in inner for each in _paths(item, (*path, key)))]


def _check(files: dict[str, str | bytes]) -> None:
    """Loads, or tells mistakes that each name a place of an existing file, in plain words."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            load_workspace(lay_out(Path(folder), files))
        except DeclarationErrors as errors:
            assert errors.mistakes
            for each in errors.mistakes:
                file, _, line = each.where.partition(": ")[0].rpartition(":")
                text = (Path(folder) / file).read_bytes()
                assert 1 <= int(line) <= text.count(b"\n") + text.count(b"\r") + 1
                assert (
                    each.what
                    and not each.what.endswith(".")
                    and "\n" not in str(each.where + each.what + each.remedy)
                )
                assert each.remedy
                ours = re.sub("'.*'", "", each.what)  # what a message quotes is the file's own
                assert not any(word in ours for word in ("Input should", "_type", "NoneType", "pydantic"))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_good_file_with_any_value_in_it_is_read_or_told(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(FILES)))
    value = read_marked(name, FILES[name].encode()).value
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(_paths(value)[1:]))
        holder = value
        for key in parents:
            holder = holder[key]
        if data.draw(st.booleans()):
            holder[last] = data.draw(VALUES)
        elif isinstance(holder, dict):
            holder[data.draw(st.text(max_size=8))] = holder.pop(last)
    # JSON is YAML, but for what JSON cannot say.
    _check({name: json.dumps(value)})


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_good_file_with_any_text_in_it_is_read_or_told(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(FILES)))
    text = FILES[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(start + 20, len(text))))
        piece = st.text(alphabet=" \n\t\r:-[]{}#&*!|>'\"%@`,?abz019~.=<\\\x85\ufeff\ud800", max_size=8) | st.text(
            max_size=3
        )
        text = text[:start] + data.draw(piece) + text[stop:]
    _check({name: text.encode("utf-8", "surrogatepass")})


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=40) | st.text(alphabet=" \n\t:-[]{}#&*!|>'\"%@`,?ab01", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    _check({"connectors/orders.yml": raw})


def test_warnings_name_their_place(loaded: Declarations, tmp_path: Path) -> None:
    rule = "connectors/loyalty.yaml:40: share[0].rule.aggregation.minimum"
    assert len(loaded.warnings) == 1
    assert loaded.warnings[0].startswith(f"{rule}: a minimum alone does not stop differencing")
    changed = LOYALTY.replace("column: email, count: 50", "column: tier, count: 3").replace("env:PHONE_KEY", "file:k")
    root = lay_out(
        tmp_path,
        {
            "connectors/loyalty.yaml": changed.replace("key: customer_id", "key: [card]"),
            "antechamber.yaml": WORKSPACE.replace("file:keys/streamly.key", "env:ACME_KEY"),
            "connectors/x.yaml.bak": "",
            "connectors/Y.YML": "",
            "connectors/README.md": "",
            "connectors/more/z.yaml": "",
        },
    )
    warnings = load_workspace(root).warnings
    assert [each for each in warnings if "minimum alone" not in each] == [
        "connectors/Y.YML: this file is not read; its name would have to end in .yaml or .yml",
        "connectors/more: the files in this folder are not read; put them into connectors/ itself",
        "connectors/x.yaml.bak: this file is not read; its name would have to end in .yaml or .yml",
        "antechamber.yaml:8: tenants.streamly.key: 'streamly' and 'acme' have the same key",
        "connectors/loyalty.yaml:28: table.key: 'card' is masked: records whose last characters agree "
        "replace each other",
        f"{rule}.count: a minimum of 3 hides little: use 10 or more",
        f"{rule}.column: 'tier' does not identify a person, so its minimum protects none",
    ]


def test_null_means_null_where_null_is_a_choice(tmp_path: Path) -> None:
    text = LOYALTY.replace("{type: float}", "{type: float, on_invalid: null}")
    text = text.replace('    delimiter: ";"', '    null: ["", NA]')
    connector = load_workspace(lay_out(tmp_path, {"connectors/loyalty.yaml": text})).connectors["loyalty"]
    assert connector.columns["score"].on_invalid == "null"
    assert isinstance(connector.source, declare.FileSource)
    assert connector.source.format == declare.Csv(null=("", "NA"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_page_is_what_the_models_say(kind: str) -> None:
    committed = Path(__file__).parents[2] / f"docs/reference/{kind}.md"
    hint = f"python -m antechamber.declare.document {kind} > docs/reference/{kind}.md"
    assert committed.read_text() == page(kind), f"make it anew: {hint}"


def test_the_page_of_steps_is_what_the_steps_say() -> None:
    committed = Path(__file__).parents[2] / "docs/reference/steps.md"
    assert committed.read_text() == step_page.page(), "make it anew: make docs"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_source_has_a_page_with_its_keys_and_an_example(name: str) -> None:
    committed = Path(__file__).parents[2] / f"docs/reference/sources/{name}.md"
    assert committed.exists(), f"write a page about {name}, then: make docs"
    text = committed.read_text()
    assert text == source_page(name, text), "make it anew: make docs"
    assert re.search(rf"(?m)^\s+type: {name}$|\{{type: {name},", text), "the page has no example of a connector"


def test_every_key_is_documented_and_every_choice_has_a_name() -> None:
    models: set[type[BaseModel]] = {model_of(kind) for kind in KINDS}
    for _ in range(5):
        models |= {
            inner for model in models for field in model.model_fields.values() for inner in _inner(field.annotation)
        }
    assert len(models) > 15
    for model in models:
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            if _has_choice(field.annotation):
                own = not model.__module__.startswith("antechamber.connect.")  # a source may leave it at that
                assert not own or noun_of(model, name) != "a value of this key", f"{model.__name__}.{name}"


def _inner(annotation: Any) -> set[type[BaseModel]]:
    bare, _ = peel(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return {bare}
    return {model for each in get_args(bare) if get_origin(bare) is not Literal for model in _inner(each)}


def _has_choice(annotation: Any) -> bool:
    bare, _ = peel(annotation)
    return get_origin(bare) is Literal or any(_has_choice(each) for each in get_args(bare) if get_origin(bare))


def test_what_is_accepted_here_is_what_the_other_rooms_can_do() -> None:
    assert locations.SCHEMES == store.SCHEMES
    assert set(sharing.SCALAR_FUNCTIONS) == set(SCALAR_FUNCTIONS)


@pytest.mark.parametrize("ending", [*source.FORMATS, ".xml", ".json", ".CSV", ".csv.gz", ""])
def test_an_ending_tells_a_format_here_as_it_does_to_the_reader(told: Told, ending: str) -> None:
    name = f"members{ending}"
    text = LOYALTY.replace("*.csv.pgp", name).replace('  decrypt: {pgp: "file:keys/acme.asc"}\n', "")
    text = text.replace('  format:\n    type: csv\n    delimiter: ";"\n', "")
    found = told({"connectors/loyalty.yaml": text})
    try:
        format_of(layers_of(name)[1])
    except FormatError:
        assert [where for where, _, _ in found] == ["connectors/loyalty.yaml:4: source.format"]
    else:
        assert found == []


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from([f"%{each}" for each in "YymbBdjaAHIpMSfzFTDRQ%"] + ["-", ".", " ", "x", "t"]), max_size=9
    ),
    st.booleans(),
)
@example(["epoch_s"], True)
@example(["epoch_us"], False)
@example(["epoch"], True)
@example(["%Y", "%m", "%d"], False)
@example(["%d", ".", "%b", " ", "%y", " ", "%I", ":", "%M", " ", "%p"], True)
@example(["%F", "T", "%T", ".", "%f", "%z"], True)
def test_a_format_is_refused_here_when_it_cannot_be_read_there(pieces: list[str], times: bool) -> None:
    text = "".join(pieces)
    flaw = flaw_of_format(text, "timestamp" if times else "date")
    try:
        time_format(text, times=times)
    except RecipeError:
        assert flaw is not None
    else:
        assert flaw is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_accepts_the_good_files(kind: Literal["workspace", "connector", "collaboration"]) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for name, text in FILES.items():
        if name.startswith(kind) or (kind == "workspace" and name == "antechamber.yaml"):
            Draft202012Validator(schema).validate(read_marked(name, text.encode()).value)


BAD: list[tuple[Literal["workspace", "connector", "collaboration"], str, str, str]] = [
    ("workspace", "antechamber.yaml", "env:ACME_KEY", "postgresql://u:p@h/d"),
    ("workspace", "antechamber.yaml", "store: store", "stor: store"),
    ("workspace", "antechamber.yaml", "acme:", "Acme Inc:"),
    ("connector", "connectors/loyalty.yaml", "protect: sha256", "protect: sha265"),
    ("connector", "connectors/loyalty.yaml", "type: landing", "type: kafka"),
    ("connector", "connectors/loyalty.yaml", "  score: {type: float}", "  Score: {type: float}"),
    ("connector", "connectors/loyalty.yaml", "tenant: acme\n", ""),
    ("connector", "connectors/loyalty.yaml", "    type: csv\n", ""),
    ("connector", "connectors/loyalty.yaml", "count: 50", "count: 1"),
    ("connector", "connectors/loyalty.yaml", "env:PHONE_KEY", "secret"),
    ("connector", "connectors/orders.yml", "url: env:SHOP_URL", "url: {env: SHOP_URL}"),
    ("collaboration", "collaborations/spring.yaml", "query, receive", "ask"),
    ("collaboration", "collaborations/spring.yaml", "  streamly: {}\n", ""),
]


@pytest.mark.parametrize(("kind", "file", "text", "instead"), BAD)
def test_the_schema_refuses_what_loading_refuses(
    told: Told, kind: Literal["workspace", "connector", "collaboration"], file: str, text: str, instead: str
) -> None:
    bad = FILES[file].replace(text, instead, 1)
    assert told({file: bad})
    assert not Draft202012Validator(json_schema(kind)).is_valid(read_marked(file, bad.encode()).value)
