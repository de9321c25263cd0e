"""Scores are on text, do not depend on company or order, and are shifted and scaled as reward.json says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.domain.errors import BadInput
from workbench.domain.pairs import Message, plain
from workbench.training.device import autocast
from workbench.training.models import load_scoring_model
from workbench.training.scoring import RewardScorer, RewardSettings

CPU = torch.device("cpu")
PROMPTS = [plain("One day, Tom"), (Message("user", "Say hello to everybody, please."),), plain("Max")]
RESPONSES = [" saw a cat.", " Hello!", " ran and ran and ran and never came home again."]
Runs = Any


@pytest.fixture(params=["stories", "baby"])
def scorer(runs: Runs, request: Any) -> RewardScorer:
    model, tokenizer = load_scoring_model(getattr(runs, request.param), CPU, head_seed=0)
    return RewardScorer(model, tokenizer, RewardSettings())


def test_a_score_depends_neither_on_order_nor_on_company(scorer: RewardScorer) -> None:
    together = scorer.score(PROMPTS, RESPONSES)
    alone = np.concatenate([scorer.score([p], [r]) for p, r in zip(PROMPTS, RESPONSES, strict=True)])
    backwards = scorer.score(PROMPTS[::-1], RESPONSES[::-1], batch_size=2)[::-1]
    assert together == pytest.approx(alone, abs=1e-5)
    assert together == pytest.approx(backwards, abs=1e-5)


def test_mean_and_std_shift_and_scale(scorer: RewardScorer) -> None:
    raw = scorer.score(PROMPTS, RESPONSES)
    scorer.settings = RewardSettings(mean=1.5, std=2.0)
    assert scorer.score(PROMPTS, RESPONSES) == pytest.approx((raw - 1.5) / 2.0)


def test_a_response_that_did_not_end_is_scored_without_an_ending(scorer: RewardScorer) -> None:
    ended, cut = (scorer.score(PROMPTS[:1], RESPONSES[:1], [value])[0] for value in (True, False))
    assert ended != pytest.approx(cut, abs=1e-3)
    scorer.settings = RewardSettings(append_eos="never")
    assert scorer.score(PROMPTS[:1], RESPONSES[:1], [True])[0] == pytest.approx(cut, abs=1e-6)


def test_a_text_longer_than_the_model_reads_is_scored_all_the_same(scorer: RewardScorer) -> None:
    scores = scorer.score([plain("One day " * 400), plain("One")], [" yes", " no" * 600])
    assert np.isfinite(scores).all()


def test_a_chat_and_its_response_with_or_without_a_leading_space_are_one(scorer: RewardScorer) -> None:
    both = scorer.score([PROMPTS[1]] * 2, [" Hello!", "Hello!"])
    assert both[0] == pytest.approx(both[1], abs=1e-6)


def test_settings_survive_their_file_and_are_raw_without_one(tmp_path: Path) -> None:
    settings = RewardSettings(0.25, 3.0, 99, "always", 7)
    settings.write(tmp_path)
    assert RewardSettings.read(tmp_path) == settings
    assert json.loads((tmp_path / "reward.json").read_text())["format_version"] == 1
    assert RewardSettings.read(tmp_path / "nowhere") == RewardSettings()


def test_a_settings_file_of_another_kind_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "reward.json").write_text('{"mean": 1, "colour": 2}')
    with pytest.raises(BadInput, match=r"reward\.json"):
        RewardSettings.read(tmp_path)


def test_scores_that_are_all_alike_are_shifted_and_not_blown_up() -> None:
    assert RewardSettings.moments(np.array([2.0, 2.0, 2.0])) == (2.0, 1e-6)
    assert RewardSettings.moments(np.array([1.0, 3.0])) == (2.0, 1.0)


def test_the_head_computes_in_fp32_inside_autocast_and_on_bf16_weights(runs: Runs) -> None:
    for dtype in (torch.float32, torch.bfloat16):
        model, tokenizer = load_scoring_model(runs.stories, CPU, dtype, head_seed=0)
        with autocast(CPU, torch.bfloat16):
            scores = RewardScorer(model, tokenizer, RewardSettings()).raw_scores(PROMPTS, RESPONSES)
        exact = torch.from_numpy(scores).float()
        assert not torch.equal(exact, exact.bfloat16().float())  # bf16 has 8 bits; three scores do not fit all


def test_what_ends_a_response_is_found_once(runs: Runs) -> None:
    model, tokenizer = load_scoring_model(runs.stories, CPU, head_seed=0)
    scorer = RewardScorer(model, tokenizer, RewardSettings())
    before = scorer.score(PROMPTS[:1], RESPONSES[:1])
    tokenizer.eos_token = None
    assert scorer.score(PROMPTS[:1], RESPONSES[:1]) == pytest.approx(before)


def test_the_last_token_s_reward_is_the_score_and_the_texts_are_the_response(scorer: RewardScorer) -> None:
    scorer.settings = RewardSettings(mean=0.5, std=2.0)
    for prompt, response, ended in zip(PROMPTS, RESPONSES, [True, True, False], strict=True):
        tokens = scorer.token_rewards(prompt, response, ended)
        assert tokens[-1].value == pytest.approx(scorer.score([prompt], [response], [ended])[0], abs=1e-5)
        assert "".join(token.text for token in tokens).strip() == response.strip()
        assert (tokens[-1].text == "") == ended


def test_a_token_s_reward_is_the_score_of_the_text_that_ends_there(runs: Runs) -> None:
    scorer = RewardScorer(*load_scoring_model(runs.stories, CPU, head_seed=0), RewardSettings())
    whole = scorer.token_rewards(PROMPTS[0], " saw a cat.", ended=False)
    beginning = "".join(token.text for token in whole[:3])
    assert whole[2].value == pytest.approx(scorer.score([PROMPTS[0]], [beginning], [False])[0], abs=1e-5)
