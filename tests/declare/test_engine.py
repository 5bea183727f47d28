"""`engine:` of a workspace: local, spark, or Spark with settings; anything else is a mistake with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from antechamber.declare import load_workspace, spark_of
from antechamber.errors import DeclarationErrors

GUIDE = Path(__file__).parents[2] / "docs/guide.md"


def written(root: Path, engine: str) -> Path:
    (root / "antechamber.yaml").write_text(f"workspace: w\ntenants:\n  acme: {{key: env:K}}\n{engine}\n")
    return root


@pytest.mark.parametrize(
    ("engine", "master", "conf"),
    [
        ("", None, {}),
        ("engine: local", None, {}),
        ("engine: spark", "local[*]", {}),
        ("engine: {type: spark}", "local[*]", {}),
        ('engine: {type: spark, master: yarn, conf: {spark.ui.port: "1"}}', "yarn", {"spark.ui.port": "1"}),
    ],
)
def test_the_engine_is_what_is_written(engine: str, master: str | None, conf: dict[str, str], tmp_path: Path) -> None:
    spark = spark_of(load_workspace(written(tmp_path, engine)).workspace.engine)
    assert (spark.master if spark else None, spark.conf if spark else {}) == (master, conf)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("engine: sparc", r"antechamber.yaml:4: engine: 'sparc' is not an engine\n  did you mean 'spark'"),
        ("engine: {type: spark, conf: {spark.cores.max: 4}}", r"antechamber.yaml:4: engine.conf.spark.cores.max"),
        ("engine: {type: spark, mastre: yarn}", r"engine.mastre: 'mastre' is not a key"),
        ("engine: {master: yarn}", r"engine.type: this key is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place(engine: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationErrors) as raised:
        load_workspace(written(tmp_path, engine))
    assert re.search(said, str(raised.value)), str(raised.value)


def test_the_guides_example_is_one(tmp_path: Path) -> None:
    example = re.search(r"^engine: \{.*\}$", GUIDE.read_text(), re.MULTILINE)
    assert example is not None
    assert spark_of(load_workspace(written(tmp_path, example[0])).workspace.engine) is not None
