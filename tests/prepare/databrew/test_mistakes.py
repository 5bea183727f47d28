"""What is wrong with a recipe is told with its position, what is wrong, and what would be right; all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.prepare.databrew.recipes_made import compiled, condition, step

from antechamber.prepare.databrew import compile_steps
from antechamber.prepare.databrew.registry import REFUSED

CASE = {"targetColumn": "b", "trueValueExpression": "1", "falseValueExpression": "0"}

MISTAKES: list[tuple[list[Any], str, str, str]] = [
    (
        [step("UPPERCASE", sourceColumn="a")],
        "step 1 (UPPERCASE)",
        "'UPPERCASE' is not an operation of DataBrew",
        "did you mean 'UPPER_CASE'?",
    ),
    (
        [step("UPPER_CASE", sourceColumn="a"), step("LOWER_CASE", sourceColunm="a")],
        "step 2 (LOWER_CASE).sourceColunm",
        "'sourceColunm' is not a parameter of LOWER_CASE",
        "did you mean 'sourceColumn'?",
    ),
    (
        [step("UPPER_CASE")],
        "step 1 (UPPER_CASE).sourceColumn",
        "neither sourceColumn nor sourceColumns is given",
        "add sourceColumn",
    ),
    (
        [step("UPPER_CASE", sourceColumn="a", sourceColumns='["b"]')],
        "step 1 (UPPER_CASE).sourceColumns",
        "sourceColumn and sourceColumns cannot both be given",
        "keep one of",
    ),
    (
        [step("MERGE", sourceColumns="a,b", targetColumn="c")],
        "step 1 (MERGE).sourceColumns",
        "'a,b' is not a list of columns",
        '["a", "b"]',
    ),
    (
        [step("RENAME", sourceColumn="a")],
        "step 1 (RENAME).targetColumn",
        "this parameter is missing",
        "add targetColumn: a name for the new column",
    ),
    (
        [step("RENAME", sourceColumn="a", targetColumn="b"), step("UPPER_CASE", sourceColumn="a")],
        "step 2 (UPPER_CASE).sourceColumn",
        "'a' is not there any more: step 1 (RENAME) renamed it to 'b'",
        "move the step up",
    ),
    (
        [step("DELETE", sourceColumn="a"), step("MERGE", sourceColumns='["a","b"]', targetColumn="c")],
        "step 2 (MERGE).sourceColumns",
        "'a' is not there any more: step 1 (DELETE) removed it",
        "name another",
    ),
    (
        [step("RENAME", condition("IS", "x"), sourceColumn="a", targetColumn="b")],
        "step 1 (RENAME)",
        "conditions do not go with this operation",
        "remove ConditionExpressions",
    ),
    (
        [step("EXTRACT_PATTERN", sourceColumn="a", targetColumn="b", pattern="x(?=y)")],
        "step 1 (EXTRACT_PATTERN).pattern",
        "it has a look-ahead",
        "write it in another way",
    ),
    (
        [step("REPLACE_TEXT", sourceColumn="a", pattern=r"(a)\1", value="x")],
        "step 1 (REPLACE_TEXT).pattern",
        "it refers back to a group",
        "write it in another way",
    ),
    (
        [step("REPLACE_TEXT", sourceColumn="a", pattern="[", value="x")],
        "step 1 (REPLACE_TEXT).pattern",
        "a '[' is not closed",
        "write it in another way",
    ),
    (
        [step("CHANGE_DATA_TYPE", sourceColumn="a", columnDataType="strng")],
        "step 1 (CHANGE_DATA_TYPE).columnDataType",
        "'strng' is not a value of columnDataType",
        "did you mean 'string'?",
    ),
    (
        [step("REMOVE_VALUES", sourceColumn="a")],
        "step 1 (REMOVE_VALUES)",
        "without a condition it would remove nothing, or all",
        "add ConditionExpressions",
    ),
    (
        [step("REMOVE_VALUES", condition("LESS_THN", "5"), sourceColumn="a")],
        "step 1 (REMOVE_VALUES)",
        "'LESS_THN' is not a condition",
        "did you mean 'LESS_THAN'?",
    ),
    (
        [step("REMOVE_VALUES", condition("LESS_THAN", "five"), sourceColumn="a")],
        "step 1 (REMOVE_VALUES)",
        "'five' is neither a number nor a date",
        "write a number, or a date",
    ),
    (
        [step("REMOVE_VALUES", condition("IS_BETWEEN", "5"), sourceColumn="a")],
        "step 1 (REMOVE_VALUES)",
        "does not name both ends",
        "GREATER_THAN_EQUAL",
    ),
    (
        [step("REMOVE_VALUES", condition("CONTAINS"), sourceColumn="a")],
        "step 1 (REMOVE_VALUES)",
        "the condition CONTAINS lacks its Value",
        "Value",
    ),
    (
        [step("REMOVE_VALUES", condition("IS_INVALID"), sourceColumn="a")],
        "step 1 (REMOVE_VALUES)",
        "IS_INVALID needs the column's type",
        "columnDataType",
    ),
    (
        [step("EXTRACT_BETWEEN_POSITIONS", sourceColumn="a", targetColumn="b", startPosition="0", endPosition="4")],
        "step 1 (EXTRACT_BETWEEN_POSITIONS).startPosition",
        "positions are counted from 1",
        "write 1",
    ),
    (
        [step("LEFT", sourceColumn="a", targetColumn="b", position="two")],
        "step 1 (LEFT).position",
        "'two' is not a whole number",
        "write a whole number",
    ),
    (
        [step("LEFT", sourceColumn="a", value="x", targetColumn="b", position="2")],
        "step 1 (LEFT).value",
        "sourceColumn and value cannot both be given",
        "keep one of",
    ),
    (
        [step("DATE_FORMAT", sourceColumn="a", targetColumn="b", dateTimeFormat="YYYY-MM-DD")],
        "step 1 (DATE_FORMAT).dateTimeFormat",
        "'YYYY' is not a part of a date format",
        "mm is the month, MM the minute",
    ),
    (
        [step("DATE_ADD", sourceColumn="a", targetColumn="b", units="DAY", dateAddValue="1")],
        "step 1 (DATE_ADD).units",
        "'DAY' is not a value of units",
        "did you mean 'DAYS'?",
    ),
    (
        [step("CONVERT_TIMEZONE", sourceColumn="a", targetColumn="b", toTimeZone="Europe/Berlin")],
        "step 1 (CONVERT_TIMEZONE).toTimeZone",
        "'Europe/Berlin' is not a fixed offset",
        "UTC+08:00",
    ),
    (
        [step("CRYPTOGRAPHIC_HASH", sourceColumns=["a"])],
        "step 1 (CRYPTOGRAPHIC_HASH).secretId",
        "a keyed hash needs its key",
        "add secretId",
    ),
    (
        [step("CRYPTOGRAPHIC_HASH", sourceColumns=["a"], algorithm="MD5")],
        "step 1 (CRYPTOGRAPHIC_HASH).algorithm",
        "MD5 is broken",
        "use HMAC_SHA256",
    ),
    (
        [step("CRYPTOGRAPHIC_HASH", sourceColumns=["a"], secretId="databrew!default")],
        "step 1 (CRYPTOGRAPHIC_HASH).secretId",
        "anyone with access to DataBrew can read",
        "recipe: secrets:",
    ),
    (
        [step("CRYPTOGRAPHIC_HASH", sourceColumns=["a"], secretId="x", entityTypeFilter=["USA_ALL"])],
        "step 1 (CRYPTOGRAPHIC_HASH).entityTypeFilter",
        "does not document how it finds entities",
        "remove entityTypeFilter",
    ),
    (
        [step("MASK_RANGE", sourceColumns=["a"], maskSymbol="##")],
        "step 1 (MASK_RANGE).maskSymbol",
        "'##' is not one character",
        "write one character",
    ),
    (
        [step("MASK_DATE", sourceColumns=["a"], maskSymbol="#", redact=["YEER"])],
        "step 1 (MASK_DATE).redact",
        "'YEER' is not a value of redact",
        "did you mean 'YEAR'?",
    ),
    (
        [step("BOOLEAN_OPERATION", valueExpression="`a` <", **CASE)],
        "step 1 (BOOLEAN_OPERATION).valueExpression",
        "the expression cannot be read",
        "check its quotes",
    ),
    (
        [step("BOOLEAN_OPERATION", valueExpression="`a` < `:avg.a`", withExpressions='[{"name":"avg.a"}]', **CASE)],
        "step 1 (BOOLEAN_OPERATION).withExpressions",
        "it uses aggregates, which depend on all rows",
        "beforehand",
    ),
    (
        [step("BOOLEAN_OPERATION", valueExpression="startWith(`a`, 'b')", **CASE)],
        "step 1 (BOOLEAN_OPERATION).valueExpression",
        "is not a function of conditions",
        "did you mean 'startsWith'?",
    ),
    (
        [step("CASE_OPERATION", targetColumn="b", valueExpression="`a` = 'x'")],
        "step 1 (CASE_OPERATION).valueExpression",
        "it is no case expression",
        "case when",
    ),
    (
        [step("BUCKETIZATION", sourceColumn="a", targetColumn="b", bucketNames='["x"]', percentage="50")],
        "step 1 (BUCKETIZATION).percentage",
        "depend on all rows",
        "splits",
    ),
    (
        [step("BUCKETIZATION", sourceColumn="a", targetColumn="b", bucketNames='["x"]', splits='["1","3","2"]')],
        "step 1 (BUCKETIZATION).bucketNames",
        "1 names do not go with 3 bounds",
        "one bucket less",
    ),
    (
        [step("CATEGORICAL_MAPPING", sourceColumn="a", targetColumn="b", categoryMap='{"a":"b"')],
        "step 1 (CATEGORICAL_MAPPING).categoryMap",
        "is not an object",
        "write an object",
    ),
    (
        [step("REMOVE_COMBINED", sourceColumn="a")],
        "step 1 (REMOVE_COMBINED)",
        "nothing is to be removed",
        "removeLetters",
    ),
    (
        [step("SPLIT_COLUMN_SINGLE_DELIMITER", sourceColumn="a", pattern=",", limit="50")],
        "step 1 (SPLIT_COLUMN_SINGLE_DELIMITER).limit",
        "50 is not between 1 and 20",
        "1 to 20",
    ),
    (
        [step("FILL_WITH_CUSTOM", sourceColumn="a", columnDataType="number", value="x")],
        "step 1 (FILL_WITH_CUSTOM).value",
        "'x' is no number",
        "of the type columnDataType",
    ),
    (
        [step("EXTRACT_VALUE", sourceColumn="a", targetColumn="b", path="`x`.`y`")],
        "step 1 (EXTRACT_VALUE).path",
        "the path begins with the column itself",
        "`column`.`field`",
    ),
    (
        [step("REMOVE_INVALID", sourceColumn="a", advancedDataType="Email")],
        "step 1 (REMOVE_INVALID).advancedDataType",
        "does not document how it detects",
        "under columns:",
    ),
    (
        [step("FORMAT_PHONE_NUMBER", sourceColumn="a", defaultRegion="XX")],
        "step 1 (FORMAT_PHONE_NUMBER)",
        "'XX' is not a region",
        "US or DE",
    ),
    (
        [{"Action": {"Operation": "UPPER_CASE", "Params": {}}}],
        "step 1 (UPPER_CASE)",
        "'Params' is not a part of an Action",
        "did you mean 'Parameters'?",
    ),
    (
        [step("UPPER_CASE", {"Condition": "IS", "Value": "x"}, sourceColumn="a")],
        "step 1 (UPPER_CASE)",
        "a condition lacks its TargetColumn",
        "TargetColumn",
    ),
    (["UPPER_CASE"], "step 1", "a step is an object with an Action", "Operation"),
    ([{"Operation": "UPPER_CASE"}], "step 1", "the step has no Action with an Operation", "Action"),
]


@pytest.mark.parametrize(("steps", "place", "what", "remedy"), MISTAKES, ids=lambda each: None)
def test_a_mistake_is_told_with_its_position(steps: list[Any], place: str, what: str, remedy: str) -> None:
    (flaw,) = compiled(steps, {}).flaws
    assert flaw.place == place
    assert what in flaw.what
    assert remedy in flaw.remedy


@pytest.mark.parametrize("name", REFUSED)
def test_an_operation_that_is_not_supported_says_why_and_what_instead(name: str) -> None:
    found = compiled([step("UPPER_CASE", sourceColumn="a"), step(name, sourceColumn="a")])
    (flaw,) = found.flaws
    assert flaw.place == f"step 2 ({name})"
    assert flaw.what == f"this operation is not supported: {REFUSED[name].why}"
    assert flaw.remedy


def test_all_mistakes_are_told_at_once_and_at_their_lines() -> None:
    steps = [step("UPERCASE", sourceColumn="a"), step("GROUP_BY"), step("LEFT", sourceColumn="a", targetColumn="b")]
    lines = json.dumps(steps, indent=1).splitlines()
    flaws = compiled(steps).flaws
    assert [flaw.place for flaw in flaws] == ["step 1 (UPERCASE)", "step 2 (GROUP_BY)", "step 3 (LEFT).position"]
    assert [lines[flaw.line - 1] for flaw in flaws] == [" {", " {", " {"]
    assert len({flaw.line for flaw in flaws}) == 3


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "a value is missing"),
        (b'[{"Action": 1,}]', "this is not JSON"),
        (b'[{"Action": 1, "Action": 2}]', "the key 'Action' is there twice"),
        (b"\xff\xfe[]", "not UTF-8"),
        (b'{"Recipe": []}', "a recipe is a list of steps"),
        (b"3", "a recipe is a list of steps"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * 4_000_001, "larger than 4,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_recipe_says_so(raw: bytes, what: str) -> None:
    (flaw,) = compile_steps(raw).flaws
    assert what in flaw.what


def test_more_steps_than_databrew_allows_are_refused() -> None:
    (flaw,) = compiled([step("UPPER_CASE", sourceColumn="a")] * 101).flaws
    assert flaw.what == "the recipe has 101 steps, and DataBrew allows 100"


def test_a_value_that_may_be_a_secret_is_in_no_message() -> None:
    steps = [step("CRYPTOGRAPHIC_HASH", sourceColumns=["a"], secretId="arn:hunter2", algorithm="HMAC_SHA256")]
    (flaw,) = compiled(steps, {}).flaws
    assert "hunter2" not in flaw.what + flaw.remedy


@pytest.mark.parametrize("wrapped", [{"Steps": 0}, {"Name": "r", "Steps": 0, "RecipeVersion": "1.0"}])
def test_a_recipe_may_stand_in_the_answer_of_the_service(wrapped: dict[str, Any]) -> None:
    steps = [step("UPPER_CASE", sourceColumn="a")]
    raw = json.dumps({**wrapped, "Steps": steps}).encode()
    assert compile_steps(raw).models == compiled(steps).models


def test_the_guides_own_spelling_of_an_action_is_taken() -> None:
    steps = [{"RecipeAction": {"Operation": "UPPER_CASE", "Parameters": {"sourceColumn": "a"}}}]
    assert compiled(steps).models == compiled([step("UPPER_CASE", sourceColumn="a")]).models
