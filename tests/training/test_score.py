"""Scoring a file of responses with a reward model of the project."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.domain.errors import BadInput
from workbench.domain.events import Finished
from workbench.domain.pairs import plain
from workbench.storage.runlog import RunFolder
from workbench.training.models import load_scoring_model
from workbench.training.score import Response, _score_all, responses
from workbench.training.scoring import RewardScorer, RewardSettings

Runs = Any
ROWS = [
    {"prompt": "One day, Tom", "chosen": " smiled.", "rejected": " cried."},
    {"prompt": "Max", "chosen": " ran home.", "rejected": " fell."},
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_every_response_of_a_file_is_found_in_order(source: Path) -> None:
    found = [(item.row, item.which, item.text) for item in responses(source)]
    assert found == [
        (0, "chosen", " smiled."),
        (0, "rejected", " cried."),
        (1, "chosen", " ran home."),
        (1, "rejected", " fell."),
    ]


@pytest.fixture
def reward(runs: Runs, tmp_path: Path) -> Path:
    model, tokenizer = load_scoring_model(runs.stories, torch.device("cpu"), head_seed=0)
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "reward")
    RewardSettings(mean=0.5, std=2.0).write(tmp_path / "reward")
    return tmp_path / "reward"


def test_a_response_that_was_cut_is_scored_without_an_ending(runs: Runs, reward: Path) -> None:
    scorer = RewardScorer.load(reward, torch.device("cpu"))
    given = [Response(0, "chosen", plain("Max"), " ran home.", cut) for cut in (False, True)]
    session, file = runs.open(runs.add("score", None)), StringIO()
    _score_all(iter(given), scorer, 8, session, file)
    scores = [json.loads(line)["score"] for line in file.getvalue().splitlines()]
    assert scores == pytest.approx(list(scorer.score([plain("Max")] * 2, [" ran home."] * 2, [True, False])), abs=1e-5)
    assert scores[0] != pytest.approx(scores[1], abs=1e-3)


def test_a_stop_leaves_nothing_behind(runs: Runs, source: Path, reward: Path) -> None:
    folder = runs.add("score", None, model=reward, source=source)
    RunFolder(folder).request_stop()
    assert runs.work(folder) == 0
    assert not [path.name for path in folder.iterdir() if "scores" in path.name]
    outcome = RunFolder(folder).outcome()
    assert outcome is not None
    assert outcome.state == "stopped"


def test_a_run_writes_one_line_of_json_for_each_response(runs: Runs, source: Path, reward: Path) -> None:
    folder = runs.add("score", None, model=reward, source=source, batch_size=3)
    assert runs.work(folder) == 0
    lines = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    scorer = RewardScorer.load(reward, torch.device("cpu"))
    expected = scorer.score([plain("One day, Tom")] * 2 + [plain("Max")] * 2, [line["text"] for line in lines])
    assert [line["score"] for line in lines] == pytest.approx(list(expected), abs=1e-5)
    assert [line["response"] for line in lines] == ["chosen", "rejected"] * 2
    assert isinstance(runs.events(folder)[-1], Finished)


def test_a_policy_in_place_of_a_reward_model_is_refused(runs: Runs, source: Path) -> None:
    folder = runs.add("score", None, source=source)
    assert runs.work(folder) == 1
    assert runs.failure(folder).code == "model_refused"
    assert not (folder / "scores.jsonl").exists()


def test_a_file_that_cannot_be_read_leaves_no_scores(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"colour": 1}\n')
    with pytest.raises(BadInput):
        list(responses(path))
