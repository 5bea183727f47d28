"""What can be wrong with a file before it is a declaration, and the lines that are named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.declare.conftest import FILES, LOYALTY, ORDERS, lay_out, mistakes

from antechamber.declare import Declarations, load_workspace
from antechamber.errors import DeclarationErrors

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
ORDERS_FILE = "connectors/orders.yml"

BROKEN: list[tuple[str, str | bytes, str, str, str]] = [
    ("an empty file", "", ":1", "the file is empty", "declare something"),
    ("only comments", "# nothing\n\n", ":1", "the file is empty", "declare something"),
    ("a document without content", "---\n", ":1", "the file is empty", "declare something"),
    ("a list at the top", "- a\n- b\n", ":1", "expected a mapping, found a list", "key: value"),
    ("a text at the top", "hello\n", ":1", "expected a mapping, found text", "key: value"),
    ("a tab as indentation", "source:\n\ttype: landing\n", ":2", "a tab stands where indentation belongs", "spaces"),
    ("a second colon", "a: 1\nb: c: d\n", ":2", "a ':' stands where no key can be", "quotes"),
    ("an open quote", "a: 1\nb: 'x\nc: 2\n", ":2", "a quote is opened here and not closed", "close the quote"),
    ("an open bracket", "a: 1\nb: [1,\n  2\n", ":2", "a bracket is not closed here, or a comma is missing", "mend"),
    ("a bracket too many", "a: {b: 1}}\n", ":1", "the indentation fits nothing above", "line"),
    ("an at sign", "a: 1\nb: @x\n", ":2", "a value cannot begin with this character", "in quotes"),
    ("bad indentation", "a:\n  b: 1\n c: 2\n", ":3", "the indentation fits nothing above", "line"),
    ("an unknown escape", 'a: 1\nb: "\\d"\n', ":2", "an unknown escape in double quotes", "single quotes"),
    ("two documents", "a: 1\n---\nb: 2\n", ":2", "a second document begins", "remove this '---'"),
    ("an alias of nothing", "a: 1\nb: *x\n", ":2", "an alias refers to nothing above", "stands in quotes"),
    ("an alias of itself", "a: 1\nb: &x\n  c: *x\n", ":3", "an alias stands inside of what it stands for", "write"),
    ("Latin-1", "a: 1\nb: é\n".encode("latin-1"), ":2", "the file is not UTF-8", "save it as UTF-8"),
    ("UTF-16", "a: 1\n".encode("utf-16"), ":1", "the file is not UTF-8 but UTF-16", "save it as UTF-8"),
    ("a NUL", b"a: 1\nb: \0\n", ":2", "an invisible character stands here (U+0000)", "remove it"),
    ("a line separator", "a: 1\n# x\u2028y\n", ":2", "an invisible character stands here (U+2028)", "remove it"),
    ("too many levels", "a: " + "[" * 60 + "]" * 60, ":1", "nested deeper than 40 levels", "close"),
    ("too many levels, unclosed", "[" * 100_000, ":1", "nested deeper than 40 levels", "close"),
    ("a very large file", "# " + "x" * 1_000_000, ":1", "the file is larger than 1,000,000 bytes", "declaration"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"), [each[1:] for each in BROKEN], ids=[e[0] for e in BROKEN]
)
def test_a_file_that_is_no_declaration_is_told_with_the_line(
    told: Told, text: str | bytes, line: str, what: str, remedy: str
) -> None:
    found = told({ORDERS_FILE: text})
    assert [(at, said) for at, said, _ in found] == [(ORDERS_FILE + line, what)]
    assert remedy in found[0][2]


def test_a_key_given_twice_is_told_with_both_lines(told: Told) -> None:
    found = told({ORDERS_FILE: ORDERS.replace("columns:\n", "columns:\n  order_id: {type: id}\n")})
    assert [(at, what) for at, what, _ in found] == [
        (f"{ORDERS_FILE}:10: columns.order_id", "the key was given before, on line 9")
    ]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("7", "a number"),
        ("true", "true or false"),
        ("~", "nothing"),
        ("? [a, b]\n", "a list"),
        ("? {a: 1}\n", "a map"),
    ],
)
def test_a_key_that_is_not_text_is_told(told: Told, key: str, kind: str) -> None:
    found = told({ORDERS_FILE: f"{ORDERS}{key}: x\n"})
    assert found[0][0] == f"{ORDERS_FILE}:11"
    assert found[0][1].startswith(f"a key must be text, found {kind}")


def test_merge_keys_and_unknown_tags_are_told_together(told: Told) -> None:
    found = told({ORDERS_FILE: f"{ORDERS}<<: {{a: 1}}\nnotify: !secret [log]\n"})
    assert [(at, what) for at, what, _ in found] == [
        (f"{ORDERS_FILE}:11", "'<<' does not merge in YAML 1.2"),
        (f"{ORDERS_FILE}:12", "a tag does not fit here"),
        (f"{ORDERS_FILE}:12: notify[0]", "only 'log:' itself announces to the log"),
    ]


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    text = LOYALTY.replace("{type: float}", "&number {type: float}").replace("{type: date, f", "*number #{")
    text = text.replace("  signup: *number", "  signup_score: {type: float}\n  signup: *number", 1)
    root = lay_out(
        tmp_path, {"connectors/loyalty.yaml": text.replace("&number ", "").replace("*number", "{type: id}")}
    )
    assert mistakes(root) == []
    shared = LOYALTY.replace("tier: {type", "tier: &tier {type").replace("score: {type: float}", "score: *tier")
    columns = load_workspace(lay_out(tmp_path, {"connectors/loyalty.yaml": shared})).connectors["loyalty"].columns
    assert columns["score"] == columns["tier"]


def test_a_bomb_of_aliases_is_refused_at_once(told: Told) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 12):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    [(where, what, _)] = told({ORDERS_FILE: bomb})
    assert where == f"{ORDERS_FILE}:4"
    assert what == "aliases stand for more than 2,000 values"


@pytest.mark.parametrize("dress", ["plain", "crlf", "cr", "bom", "comments", "crlf and bom"])
def test_lines_are_exact_however_the_file_was_written(told: Told, dress: str) -> None:
    text = LOYALTY.replace("sha256", "sha265", 1).replace("count: 50", "count: 1")
    at = {"protect": 15, "count": 40}
    if dress == "comments":
        text = "# é 𝔸 ü\n\n" + text.replace("\ncolumns:", "\n# one\n#\ttwo: three\n\ncolumns: # four")
        at = {"protect": 20, "count": 45}
    raw = text.encode()
    if "crlf" in dress:
        raw = raw.replace(b"\n", b"\r\n")
    if dress == "cr":
        raw = raw.replace(b"\n", b"\r")
    if "bom" in dress:
        raw = b"\xef\xbb\xbf" + raw
    assert [where for where, _, _ in told({"connectors/loyalty.yaml": raw})] == [
        f"connectors/loyalty.yaml:{at['protect']}: columns.email.protect",
        f"connectors/loyalty.yaml:{at['count']}: share[0].rule.aggregation.minimum.count",
    ]


def test_lines_are_exact_behind_text_of_several_lines_and_in_flow_style(told: Told) -> None:
    text = """\
connector: orders
tenant: acme
source:
  type: postgresql
  url: env:SHOP_URL
  query: |
    SELECT order_id, -- the key: of the "order
           'it''s' AS note
    FROM orders

  batch_rows: 0
columns: {
  order_id: {type: integer},
  note: {type: "str\\
    ing", protect:
      nothing},
  "quoted": {type: txt}
}
table:
  name: >-
    Orders
    Table
"""
    assert [where for where, _, _ in told({ORDERS_FILE: text})] == [
        f"{ORDERS_FILE}:11: source.batch_rows",
        f"{ORDERS_FILE}:15: columns.note.protect",
        f"{ORDERS_FILE}:17: columns.quoted.type",
        f"{ORDERS_FILE}:20: table.name",
    ]


def test_every_key_of_every_file_has_its_place(loaded: Declarations) -> None:
    place = loaded.place
    assert place("connector", "loyalty", "columns", "email", "protect") == "connectors/loyalty.yaml:15"
    assert place("connector", "loyalty", "share", 0, "rule", "aggregation", "aggregate", 1) == (
        "connectors/loyalty.yaml:36"
    )
    assert place("connector", "loyalty", "columns", "email", "region") == "connectors/loyalty.yaml:13"
    assert place("connector", "loyalty") == "connectors/loyalty.yaml:2"
    assert place("workspace", "", "tenants", "streamly", "key") == "antechamber.yaml:8"
    assert place("collaboration", "spring", "members", "acme") == "collaborations/spring.yaml:3"
    with pytest.raises(KeyError):
        place("connector", "nobody")


def test_a_workspace_is_named_by_its_folder_or_its_file(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {})
    assert load_workspace(root) == load_workspace(root / "antechamber.yaml")
    assert list(load_workspace(root).connectors) == ["loyalty", "orders"]
    assert load_workspace(root).root == root


@pytest.mark.parametrize("path", ["", "nowhere", "connectors", "connectors/loyalty.yaml", "a\0b"])
def test_what_is_no_workspace_is_told(tmp_path: Path, path: str) -> None:
    root = lay_out(tmp_path, {})
    (root / "antechamber.yaml").rename(root / "antechamber.yml") if not path else None
    with pytest.raises(DeclarationErrors, match=r"there is no antechamber\.yaml"):
        load_workspace(Path(str(root / path)))


def test_a_workspace_needs_no_connectors(tmp_path: Path) -> None:
    (tmp_path / "antechamber.yaml").write_text(FILES["antechamber.yaml"])
    assert load_workspace(tmp_path).connectors == {}


def test_a_folder_and_a_broken_link_in_a_files_place_are_told(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {})
    (root / "connectors/a.yaml").mkdir()
    (root / "connectors/b.yaml").symlink_to("nowhere")
    os.mkfifo(root / "connectors/c.yaml")
    assert [(where, what) for where, what, _ in mistakes(root)] == [
        (f"connectors/{name}.yaml:1", "this is not a file") for name in "abc"
    ]


def test_a_name_that_moves_the_cursor_is_shown_harmlessly(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"connectors/\x1b[2Jx.yaml": "- a\n", ORDERS_FILE: 'connector: "\\e[2J"\n'})
    with pytest.raises(DeclarationErrors) as raised:
        load_workspace(root)
    assert "\x1b" not in str(raised.value)
    assert "connectors/\\x1b[2Jx.yaml:1" in str(raised.value)
