"""A YAML file as plain values, with the line of every key.

YAML 1.2, core schema. Built from the parser's events rather than its own composer, so that depth and the
expansion of aliases are bounded and every mistake that can be survived is reported together with the others.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from antechamber.declare.mistake import KeyPath
from antechamber.declare.syntax import Trouble, explain, text_of
from antechamber.declare.words import kind_of

MOST_DEEP = 40
"""Levels of nesting that a declaration may have."""

MOST_ALIASED = 2_000
"""Values that aliases may stand for in one file, all together."""

_CORE = "tag:yaml.org,2002:"
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,400}")
_BASED = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_FLOAT_WORDS = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}


@dataclass(frozen=True)
class Marked:
    """One file.

    name: its path relative to the workspace, with `/`.
    value: dict, list, str, int, float, bool or None; None also when the file is `broken`.
    lines: the 1-based line of every key and list item.
    troubles: what is wrong with the file as YAML.
    broken: whether nothing could be read, so that there is no value to be judged.
    """

    name: str
    value: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    broken: bool = False

    def line(self, path: KeyPath) -> int:
        """The line of a key; of the nearest mapping or list around it when the key is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def place(self, *path: str | int) -> str:
        """`connectors/loyalty.yaml:14`."""
        return f"{self.name}:{self.line(path)}"


def read_marked(name: str, raw: bytes) -> Marked:
    """The file's content, and all that is wrong with it as YAML. Raises nothing."""
    try:
        text = text_of(raw)
        root = _Composer(text).root()
    except Trouble as trouble:
        return Marked(name, None, troubles=(trouble,), broken=True)
    expansion = _Expansion()
    try:
        value = expansion.value(root, (), root.line)
    except Trouble as trouble:
        return Marked(name, None, troubles=(*expansion.troubles, trouble), broken=True)
    return Marked(name, value, expansion.lines, tuple(expansion.troubles))


@dataclass
class _Node:
    """One node of the document. content: text, items, or keys and values in turn.

    plain: a scalar without quotes. bracketed: in [] or {}. alias: the node that it stands for.
    """

    line: int
    content: Any = None
    tag: str | None = None
    plain: bool = False
    bracketed: bool = False
    alias: _Node | None = None


class _Composer:
    """Events → nodes, without recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(each.end() for each in re.finditer(r"\r\n|\n|\r", text))]
        self._line = 1

    def root(self) -> _Node:
        """The document's node. Raises Trouble."""
        parser = YAML(typ="safe", pure=True)
        documents: list[_Node] = []
        stack: list[_Node] = []
        anchors: dict[str, _Node] = {}
        try:
            for event in parser.parse(self._text):
                self._line = self._line_of(event.start_mark.index)
                if isinstance(event, DocumentStartEvent) and documents:
                    raise Trouble(
                        self._line, "a second document begins", "keep one document a file: remove this '---'"
                    )
                if isinstance(event, CollectionEndEvent):
                    stack.pop()
                elif isinstance(event, NodeEvent):
                    node = self._node(event, anchors)
                    self._put(node, stack, documents)
                    if not isinstance(event, AliasEvent | ScalarEvent):
                        stack.append(node)
                    if len(stack) > MOST_DEEP:
                        raise Trouble(self._line, f"nested deeper than {MOST_DEEP} levels", "close what is open here")
        except Trouble:
            raise
        except MarkedYAMLError as error:
            opened = next((node.line for node in reversed(stack) if node.bracketed), None)
            raise explain(error, self._line_of, opened) from None
        except Exception:
            # The parser fails in its own ways on some malformed text; whatever it says, the text is not YAML.
            raise Trouble(
                self._line, "this is not valid YAML", "check quotes, colons and indentation around this line"
            ) from None
        if not documents:
            raise Trouble(1, "the file is empty", "declare something in it, or remove it")
        return documents[0]

    def _line_of(self, index: int) -> int:
        # Counted from the text: the parser also counts characters that YAML 1.2 and editors do not break at.
        return bisect.bisect_right(self._starts, index)

    def _node(self, event: NodeEvent, anchors: dict[str, _Node]) -> _Node:
        if isinstance(event, AliasEvent):
            if event.anchor not in anchors:
                raise Trouble(
                    self._line,
                    "an alias refers to nothing above",
                    "a value that begins with * stands in quotes",
                )
            return _Node(self._line, alias=anchors[event.anchor])
        if isinstance(event, ScalarEvent):
            node = _Node(self._line, event.value, event.tag, plain=event.implicit[0])
        elif isinstance(event, MappingStartEvent):
            node = _Node(self._line, _Pairs(), event.tag, bracketed=bool(event.flow_style))
        else:
            sequence = cast(SequenceStartEvent, event)
            node = _Node(self._line, [], sequence.tag, bracketed=bool(sequence.flow_style))
        if event.anchor is not None:
            anchors[event.anchor] = node
        return node

    @staticmethod
    def _put(node: _Node, stack: list[_Node], documents: list[_Node]) -> None:
        if not stack:
            documents.append(node)
        else:
            stack[-1].content.append(node)


class _Pairs(list[_Node]):
    """A mapping's nodes: key, value, key, value, …"""


class _Expansion:
    """Nodes → plain values, lines and troubles; aliases are written out, within limits."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.troubles: list[Trouble] = []
        self._open: list[_Node] = []
        self._alias: _Node | None = None
        self._aliased = 0

    def value(self, node: _Node, path: KeyPath, line: int) -> Any:
        """The node's value. line: that of the key or item that holds it. Raises Trouble."""
        self.lines[path] = line
        if self._alias is not None:
            self._aliased += 1
            if self._aliased > MOST_ALIASED:
                raise Trouble(
                    self._alias.line,
                    f"aliases stand for more than {MOST_ALIASED:,} values",
                    "write values out instead of aliases",
                )
        if node.alias is not None:
            if any(node.alias is each for each in self._open):
                raise Trouble(node.line, "an alias stands inside of what it stands for", "write the value out")
            outermost, self._alias = self._alias, self._alias or node
            value = self.value(node.alias, path, line)
            self._alias = outermost
            return value
        if isinstance(node.content, str):
            return self._scalar(node)
        self._known_tag(node)
        if len(self._open) > MOST_DEEP:
            raise Trouble(line, f"nested deeper than {MOST_DEEP} levels", "write values out instead of aliases")
        self._open.append(node)
        value = self._pairs(node, path) if isinstance(node.content, _Pairs) else self._items(node, path)
        self._open.pop()
        return value

    def _items(self, node: _Node, path: KeyPath) -> list[Any]:
        return [self.value(item, (*path, position), item.line) for position, item in enumerate(node.content)]

    def _pairs(self, node: _Node, path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in zip(node.content[::2], node.content[1::2], strict=True):
            name = self._key(key, (*path, -1))
            if name is None and key.content == "null":
                name = "null"  # as every editor and JSON Schema take it
            if not isinstance(name, str):
                remedy = "put it in quotes" if isinstance(name, int | float | bool) else "write a name before the ':'"
                self.troubles.append(Trouble(key.line, f"a key must be text, found {kind_of(name)}", remedy, path))
            elif name == "<<" and key.plain:
                self.troubles.append(Trouble(key.line, "'<<' does not merge in YAML 1.2", "write the keys out", path))
            elif name in mapping:
                first = self.lines[(*path, name)]
                self.troubles.append(
                    Trouble(key.line, f"the key was given before, on line {first}", "keep one of them", (*path, name))
                )
            else:
                mapping[name] = self.value(value, (*path, name), key.line)
        return mapping

    def _key(self, key: _Node, path: KeyPath) -> Any:
        """A key's value; its own lines are of no account."""
        lines, self.lines = self.lines, {}
        name = self.value(key, path, key.line)
        self.lines = lines
        return name

    def _scalar(self, node: _Node) -> Any:
        tag = (node.tag or "").removeprefix(_CORE)
        if (not node.plain and not tag) or tag in ("str", "!"):
            return node.content
        value = core_value(node.content)
        wanted = {"int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),)}.get(tag, ())
        if not tag or type(value) in wanted:
            return value
        self._known_tag(node)
        return node.content

    def _known_tag(self, node: _Node) -> None:
        fitting = {"_Pairs": "map", "list": "seq"}.get(type(node.content).__name__, "")
        if node.tag is not None and node.tag.removeprefix(_CORE) not in (fitting, "!"):
            # Neither tags nor aliases are repeated: a secret that begins with ! or * may stand here.
            self.troubles.append(
                Trouble(node.line, "a tag does not fit here", "put a value that begins with ! in quotes")
            )


def core_value(text: str) -> Any:
    """What a plain scalar means. Source: YAML 1.2.2, section 10.3.2, core schema."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(_FLOAT_WORDS[text.lower()]) if text.lower() in _FLOAT_WORDS else text
