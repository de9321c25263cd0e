"""Sampling, with a real small language model."""

import copy
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from workbench.training.forward import batch_responses, forward_responses
from workbench.training.rollout import (
    Rollout,
    StopStrings,
    _Decoder,
    generate,
    inverse_cdf,
    response_texts,
    token_texts,
)

PROMPTS = ("Once upon a time, Amy broke a cup.", "Jack saw a cat in a tree with mom.", "Tim was sad.", "The dog")
END, PAD = 1, 2


@pytest.fixture(scope="module")
def model(shared: Path) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(shared / "models/stories260K").eval()


@pytest.fixture(scope="module")
def tokenizer(shared: Path) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(shared / "models/stories260K")


@pytest.fixture(scope="module")
def prompts(tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    return [tokenizer(prompt)["input_ids"] for prompt in PROMPTS]


def sample(model: PreTrainedModel, prompts: list[list[int]], seed: int = 0, **changes: object) -> Rollout:
    settings = {"max_new_tokens": 24, "temperature": 1.0, "end_ids": {END}, "pad_id": PAD} | changes
    return generate(model, prompts, generator=torch.Generator().manual_seed(seed), **settings)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_rollouts_log_probabilities_are_those_of_a_fresh_forward_pass(
    model: PreTrainedModel, prompts: list[list[int]], temperature: float
) -> None:
    rollout = sample(model, prompts, temperature=temperature)
    batch = batch_responses(prompts, rollout.response_ids, PAD, model.device)
    with torch.no_grad():
        logp = torch.log_softmax(forward_responses(model, batch).logits / temperature, -1)
    again = logp.gather(-1, batch.targets.unsqueeze(-1)).squeeze(-1)
    assert torch.allclose(torch.cat(rollout.logps), again, atol=1e-5, rtol=0)


def test_the_batch_size_changes_nothing(model: PreTrainedModel, prompts: list[list[int]]) -> None:
    assert sample(model, prompts, batch_size=1).response_ids == sample(model, prompts).response_ids


def test_equal_seeds_give_equal_responses_and_other_seeds_others(
    model: PreTrainedModel, prompts: list[list[int]]
) -> None:
    assert sample(model, prompts, 3).response_ids == sample(model, prompts, 3).response_ids
    assert sample(model, prompts, 3).response_ids != sample(model, prompts, 4).response_ids


def test_a_response_stops_at_its_end_token_and_keeps_it(model: PreTrainedModel, prompts: list[list[int]]) -> None:
    full_stop = 426
    rollout = sample(model, prompts, max_new_tokens=60, end_ids={full_stop})
    assert "eos" in rollout.stop_reasons
    for tokens, logps, ended, reason in zip(
        rollout.response_ids, rollout.logps, rollout.ended, rollout.stop_reasons, strict=True
    ):
        assert ended == (reason == "eos") == (tokens[-1] == full_stop)
        assert full_stop not in tokens[:-1]
        assert len(tokens) == len(logps) == 60 or ended


def test_rows_that_finish_early_do_not_disturb_the_others(model: PreTrainedModel, prompts: list[list[int]]) -> None:
    full_stop = 426
    together = sample(model, prompts, max_new_tokens=40, end_ids={full_stop})
    free = sample(model, prompts, max_new_tokens=40, end_ids=())
    for stopped, whole in zip(together.response_ids, free.response_ids, strict=True):
        assert whole[: len(stopped)] == stopped


def test_a_stop_string_ends_a_response_and_is_not_part_of_its_text(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[list[int]]
) -> None:
    rollout = sample(model, prompts, max_new_tokens=60, stop_strings=("She", "was"), tokenizer=tokenizer)
    assert "stop_string" in rollout.stop_reasons
    texts = response_texts(tokenizer, prompts, rollout.response_ids, ("She", "was"))
    assert not any("She" in text or "was" in text for text in texts)


def test_a_stop_string_may_begin_with_the_space_that_a_tokenizer_strips_and_never_with_the_prompt(
    tokenizer: PreTrainedTokenizerBase, prompts: list[list[int]]
) -> None:
    before, tokens = prompts[0][-1], tokenizer("She was", add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(tokens) == "She was"
    assert StopStrings((" She",), tokenizer).found(before, tokens)
    assert response_texts(tokenizer, prompts[:1], [tokens], (" She",)) == [""]
    assert not StopStrings((".",), tokenizer).found(before, tokens)  # the prompt's own


def test_prompt_and_response_text_together_are_the_decoded_whole(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[list[int]]
) -> None:
    rollout = sample(model, prompts)
    texts = response_texts(tokenizer, prompts, rollout.response_ids)
    for prompt, prompt_ids, response_ids, text in zip(PROMPTS, prompts, rollout.response_ids, texts, strict=True):
        assert prompt + text == tokenizer.decode(prompt_ids + response_ids, skip_special_tokens=True)


@pytest.mark.parametrize(("uniform", "token"), [(0.0, 1), (0.29, 1), (0.31, 3), (0.999999, 3)])
def test_the_token_is_where_the_cumulative_distribution_passes_the_number(uniform: float, token: int) -> None:
    logp = torch.tensor([[0.0, 0.3, 0.0, 0.7, 0.0]]).log()
    assert inverse_cdf(logp, torch.tensor([uniform])).tolist() == [token]


def test_samples_have_the_distributions_frequencies() -> None:
    p = torch.tensor([0.7, 0.2, 0.1])
    uniforms = (torch.arange(1000) + 0.5) / 1000
    counts = torch.bincount(inverse_cdf(p.log().repeat(1000, 1), uniforms), minlength=3)
    assert counts.tolist() == [700, 200, 100]


def test_under_bf16_the_sampler_reads_logits_that_are_not_rounded_to_it(
    model: PreTrainedModel, prompts: list[list[int]]
) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        logits = _Decoder(model, prompts, PAD).logits()
    assert (logits.bfloat16().float() != logits).float().mean() > 0.9


def test_a_listener_hears_every_token_and_changes_none(model: PreTrainedModel, prompts: list[list[int]]) -> None:
    heard: list[list[int]] = []
    rollout = sample(
        model, prompts, on_step=lambda rows: heard.append([len(row) for row in rows]), batch_size=len(prompts)
    )
    assert rollout.response_ids == sample(model, prompts).response_ids
    assert heard[0] == [1] * len(prompts)
    assert heard[-1] == [len(tokens) for tokens in rollout.response_ids]


def test_a_listener_may_give_up(model: PreTrainedModel, prompts: list[list[int]]) -> None:
    def give_up(rows: list[list[int]]) -> None:
        if len(rows[0]) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sample(model, prompts, on_step=give_up)


def test_the_texts_of_tokens_are_the_response_in_parts(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[list[int]]
) -> None:
    rollout = sample(model, prompts)
    whole = response_texts(tokenizer, prompts, rollout.response_ids)
    for prompt, tokens, text in zip(prompts, rollout.response_ids, whole, strict=True):
        parts = token_texts(tokenizer, prompt, tokens)
        assert len(parts) == len(tokens)
        assert "".join(parts) == text


def test_a_character_of_several_tokens_stands_at_the_last_of_them(tokenizer: PreTrainedTokenizerBase) -> None:
    tokens = tokenizer("é☃", add_special_tokens=False)["input_ids"]
    parts = token_texts(tokenizer, tokenizer("One")["input_ids"], tokens)
    assert [part for part in parts if part.strip()] == ["é", "☃"]
    assert len(parts) > 3


def test_a_special_token_may_be_named_as_a_stop_string(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[list[int]]
) -> None:
    own = copy.deepcopy(tokenizer)
    full_stop = own.convert_ids_to_tokens(426)
    own.add_special_tokens({"additional_special_tokens": [full_stop]})
    stopped = sample(model, prompts, max_new_tokens=60, stop_strings=(full_stop,), tokenizer=own)
    ended = sample(model, prompts, max_new_tokens=60, end_ids={426})
    assert stopped.response_ids == ended.response_ids  # as if it were the end of sequence
    assert "stop_string" in stopped.stop_reasons
    assert not any(full_stop in text for text in response_texts(own, prompts, stopped.response_ids, (full_stop,)))
