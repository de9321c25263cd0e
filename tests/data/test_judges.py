"""Judges by name, and what is said when one cannot be used."""

import sys
from pathlib import Path

import pytest

from workbench.data.judges import TextJudge, load_judge
from workbench.domain.errors import BadInput, NotFound

PROMPT = "a slow drama with a brilliant lead ."


def test_length_counts_characters(tmp_path: Path) -> None:
    assert load_judge("length", tmp_path)(["p", "p"], ["", "four"]) == [0.0, 4.0]


def test_vader_prefers_the_more_positive_text(tmp_path: Path) -> None:
    judge = load_judge("vader", tmp_path)
    happy, sad = judge(["p", "p"], ["I love this happy day.", "I hate this sad day."])
    assert judge.name == "vader"
    assert -1 <= sad < 0 < happy <= 1


def test_the_film_critic_is_a_judge(tmp_path: Path) -> None:
    assert load_judge("film-critic", tmp_path)([PROMPT], ["the lead is brilliant . go see it ."]) == [2.0]


def test_a_function_in_a_file_beside_the_experiment_is_a_judge(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def score(prompts, responses):\n    return map(len, responses)\n")
    judge = load_judge("mine.py:score", tmp_path)
    assert judge(["p"], ["abc"]) == [3.0]
    assert load_judge(f"{tmp_path / 'mine.py'}:score", Path("elsewhere"))(["p"], ["ab"]) == [2.0]


def test_of_no_responses_a_function_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def score(prompts, responses):\n    return [max(map(len, responses))]\n")
    assert load_judge("mine.py:score", tmp_path)([], []) == []


def test_a_function_of_an_installed_module_is_a_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "installed_judge.py").write_text("def score(prompts, responses):\n    return [1] * len(responses)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_judge("installed_judge:score", tmp_path)(["p"], ["a"]) == [1.0]
    sys.modules.pop("installed_judge")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vadar", "Did you mean `vader`"),
        ("taste", "Judges are vader"),
        ("nowhere.py:score", "does not exist"),
        ("no_such_module_here:score", "not installed"),
        ("mine.py:scores", "Did you mean `score`"),
    ],
)
def test_what_cannot_be_found_is_named_with_what_helps(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def score(prompts, responses):\n    return []\n")
    with pytest.raises(NotFound) as raised:
        load_judge(name, tmp_path)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("def score(:\n", "SyntaxError"),
        ("import no_such_module_here\n", "no_such_module_here"),
        ("score = 3\n", "not a function"),
    ],
)
def test_a_file_that_cannot_be_imported_is_bad_input(code: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(BadInput, match=sentence):
        load_judge("mine.py:score", tmp_path)


def test_a_reward_model_is_no_judge_of_text(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="reward model"):
        load_judge("reward:rm-s0", tmp_path)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ([1.0], "1 scores for 2 responses"),
        ([1.0, float("nan")], "nan for response 2 of 2"),
        ([1.0, float("inf")], "inf for response 2 of 2"),
        (["good", "bad"], "no list of numbers"),
        (None, "no list of numbers"),
    ],
)
def test_scores_that_are_not_one_number_a_response_are_an_error(returned: list[float], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        TextJudge("mine", lambda _prompts, _responses: returned)(["p", "q"], ["a", "b"])


def test_a_judge_that_fails_is_named_with_its_own_words() -> None:
    def divide(_prompts: object, _responses: object) -> list[float]:
        return [1 / 0]

    with pytest.raises(BadInput, match=r"judge mine failed.*division by zero"):
        TextJudge("mine", divide)(["p"], ["a"])
