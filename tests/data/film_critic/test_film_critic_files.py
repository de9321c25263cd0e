"""The demonstration's data: what is written, how the raters agree, and where they are blind."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from workbench.data.film_critic.files import (
    N_DEMONSTRATIONS,
    N_PAIRS,
    N_TEST_PROMPTS,
    FilmCriticFiles,
    write_film_critic,
)
from workbench.data.film_critic.gold import gold_score, hedging
from workbench.data.film_critic.words import vocabulary


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> FilmCriticFiles:
    return write_film_critic(tmp_path_factory.mktemp("film-critic"), seed=0)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(files: FilmCriticFiles, tmp_path: Path) -> None:
    again = write_film_critic(tmp_path / "again", seed=0)
    other = write_film_critic(tmp_path / "other", seed=1)
    for name in ("corpus", "ratings", "prompts"):
        content = getattr(files, name).read_bytes()
        assert getattr(again, name).read_bytes() == content
        assert getattr(other, name).read_bytes() != content
    for file in files.base.iterdir():
        assert (again.base / file.name).read_bytes() == file.read_bytes()


def test_every_promised_row_is_there_and_no_prompt_stands_twice(files: FilmCriticFiles) -> None:
    prompts = [row["prompt"] for path in (files.corpus, files.ratings, files.prompts) for row in rows(path)]
    assert len(prompts) == N_DEMONSTRATIONS + N_PAIRS + N_TEST_PROMPTS
    assert len(set(prompts)) == len(prompts)


def test_two_raters_agree_three_times_in_four(files: FilmCriticFiles) -> None:
    choices = [row["ratings"] for row in rows(files.ratings)]
    raters = sorted(choices[0])
    assert len(raters) == 3
    for first, second in combinations(raters, 2):
        agreement = sum(row[first] == row[second] for row in choices) / len(choices)
        assert agreement == pytest.approx(0.75, abs=0.03)


def test_the_gold_scores_stand_beside_the_ratings(files: FilmCriticFiles) -> None:
    for row in rows(files.ratings)[:50]:
        assert row["gold_a"] == gold_score(row["prompt"], row["response_a"])
        assert row["gold_b"] == gold_score(row["prompt"], row["response_b"])


def test_raters_choose_the_padded_review_where_the_gold_critic_would_be_torn(files: FilmCriticFiles) -> None:
    votes = []
    for row in rows(files.ratings):
        extra = sum(hedging(row["response_a"])) - sum(hedging(row["response_b"]))
        if extra and abs(row["gold_a"] - row["gold_b"]) < 0.5:
            votes += [(choice == "a") == (extra > 0) for choice in row["ratings"].values()]
    assert len(votes) > 200
    assert sum(votes) / len(votes) > 0.6


def test_the_raters_majority_still_mostly_sides_with_the_gold_critic(files: FilmCriticFiles) -> None:
    clear = [row for row in rows(files.ratings) if abs(row["gold_a"] - row["gold_b"]) > 1.0]
    sided = sum((list(row["ratings"].values()).count("a") >= 2) == (row["gold_a"] > row["gold_b"]) for row in clear)
    assert sided / len(clear) > 0.85


def test_the_base_folder_holds_no_weights_and_knows_every_word(files: FilmCriticFiles) -> None:
    names = {file.name for file in files.base.iterdir()}
    assert names == {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}
    words = json.loads((files.base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    texts = [row["prompt"] + " " + row["completion"] for row in rows(files.corpus)]
    assert {word for text in texts for word in text.split()} == set(vocabulary())
    assert set(vocabulary()) < set(words)
    assert json.loads((files.base / "config.json").read_text(encoding="utf-8"))["vocab_size"] == len(words)
