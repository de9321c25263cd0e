"""What is known of a judge before any of its code is run."""

from pathlib import Path

import pytest

from workbench.data.judge_names import check_judge
from workbench.domain.errors import BadInput, NotFound

LOUD = "raise RuntimeError('imported')\n"


def test_judges_of_this_program_are_there(tmp_path: Path) -> None:
    for name in ("vader", "length", "film-critic"):
        check_judge(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vadre", "Did you mean `vader`"),
        ("taste", "Judges are vader"),
        ("taste.py", r"Name the function too: `taste\.py:score`"),
        ("nowhere.py:score", "no judge file"),
        ("loud.py:scorr", "Did you mean `score`"),
        ("no_such_module_here:score", "not installed"),
        ("loud_package.gone:score", "not installed"),
        ("folder:score", "not installed"),
    ],
)
def test_what_is_not_there_is_named_with_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    fill(tmp_path, monkeypatch)
    with pytest.raises(NotFound, match=sentence):
        check_judge(name, tmp_path)


@pytest.mark.parametrize(
    "name", ["loud.py:score", "loud.py:alias", "loud.py:taken", "loud_package:score", "loud_package.inner:score"]
)
def test_a_judge_is_found_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fill(tmp_path, monkeypatch)
    check_judge(name, tmp_path)


def fill(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"{LOUD}from os.path import join as taken\ndef score(prompts, responses): pass\nalias = score\n"
    (folder / "loud.py").write_text(code)
    (folder / "loud_package").mkdir()
    (folder / "loud_package" / "__init__.py").write_text(LOUD)
    (folder / "loud_package" / "inner.py").write_text(LOUD)
    (folder / "folder").mkdir()
    monkeypatch.syspath_prepend(folder)


def test_a_name_inside_a_function_is_not_the_modules(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def outer():\n    def score(): pass\n")
    with pytest.raises(NotFound, match="It has: outer"):
        check_judge("mine.py:score", tmp_path)


def test_what_is_not_python_is_said_before_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def score(:\n")
    with pytest.raises(BadInput, match="is not Python"):
        check_judge("mine.py:score", tmp_path)
