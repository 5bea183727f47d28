"""The demo: interrupted and run again, it ends as if it had not been; other people's folders are not touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from antechamber.cli import demo
from antechamber.errors import AntechamberError
from antechamber.examples.retail import Spec
from antechamber.examples.retail.export import AUDIENCE, LOYALTY

SPEC = Spec(members=1000, viewers=750, orders=1000)


def made(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("moment", ["the exports", "the move"])
def test_a_workspace_whose_making_was_interrupted_is_made_whole_by_the_next_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    folder = tmp_path / "demo"

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        if moment == "the exports":
            interrupted.setattr(demo, "generate", stop)
        else:
            rename = Path.rename
            moves: list[Path] = []

            def third(path: Path, target: Path) -> Path:
                if path.parent.name == demo.MAKING:
                    moves.append(path)
                return rename(path, target) if len(moves) < 3 else stop()  # type: ignore[func-returns-value, return-value]

            interrupted.setattr(Path, "rename", third)
        with pytest.raises(KeyboardInterrupt):
            demo._make(folder, SPEC)
    assert not (folder / "antechamber.yaml").exists()
    demo._make(folder, SPEC)
    demo._make(tmp_path / "undisturbed", SPEC)
    assert made(folder) == made(tmp_path / "undisturbed")
    assert any((folder / LOYALTY).iterdir()) and any((folder / AUDIENCE).iterdir())


def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(AntechamberError, match="not empty"):
        demo.demo(tmp_path, members=1000)
    (tmp_path / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:k"}\n')
    with pytest.raises(AntechamberError, match="not made by this command"):
        demo.demo(tmp_path, members=1000)
    assert made(tmp_path) == ["antechamber.yaml", "letters.txt"]
