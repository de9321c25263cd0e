"""Loading models: what is refused, what is drawn, which tokens end and pad."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig

from workbench.domain.errors import ModelRefused, NoEndOfSequence
from workbench.domain.recipes import SftRecipe
from workbench.training.models import (
    context_length,
    end_token_ids,
    load_policy,
    load_scoring_model,
    lora_config,
    pad_token_id,
    wrap_lora,
)

CPU = torch.device("cpu")
Runs = Any


def test_a_model_is_loaded_for_use_with_dropout_off(runs: Runs) -> None:
    folder = runs.copy_model(runs.stories)
    change(folder / "config.json", attention_dropout=0.5)
    model, _ = load_policy(folder, CPU)
    assert not model.training
    assert model.config.attention_dropout == 0.0
    assert model.model.layers[0].self_attn.attention_dropout == 0.0


def test_both_models_name_their_endings_and_a_padding_that_is_none(runs: Runs) -> None:
    for folder in (runs.stories, runs.baby):
        model, tokenizer = load_policy(folder, CPU)
        assert end_token_ids(model, tokenizer) == (1,)
        assert tokenizer.pad_token_id == pad_token_id(tokenizer, model) == 2


def test_a_padding_token_that_ends_texts_is_replaced(runs: Runs) -> None:
    folder = runs.copy_model(runs.stories)
    change(folder / "tokenizer_config.json", pad_token="<s>")
    model, tokenizer = load_policy(folder, CPU)
    assert tokenizer.pad_token_id not in end_token_ids(model, tokenizer)


def test_a_model_that_names_no_ending_is_told_apart(runs: Runs) -> None:
    folder = runs.copy_model(runs.stories)
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        change(folder / name, eos_token_id=None, eos_token=None)
    model, tokenizer = load_policy(folder, CPU)
    with pytest.raises(NoEndOfSequence, match="end-of-sequence"):
        end_token_ids(model, tokenizer)


def test_context_lengths_are_read(runs: Runs) -> None:
    assert context_length(load_policy(runs.stories, CPU)[0]) == 512
    assert context_length(load_policy(runs.baby, CPU)[0]) == 256


def test_from_scratch_weights_are_those_of_the_seed_and_need_no_file(runs: Runs) -> None:
    folder = runs.copy_model(runs.stories)
    (folder / "model.safetensors").unlink()
    before = torch.random.get_rng_state()
    first, second, other = (load_policy(folder, CPU, from_scratch_seed=seed)[0] for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    name = "model.embed_tokens.weight"
    assert torch.equal(first.get_parameter(name), second.get_parameter(name))
    assert not torch.equal(first.get_parameter(name), other.get_parameter(name))


def test_a_new_head_has_the_variance_that_makes_scores_of_order_one(runs: Runs) -> None:
    model, _ = load_scoring_model(runs.stories, CPU, head_seed=0)
    weight = model.get_parameter("score.weight")
    assert weight.shape == (1, 64)
    assert float(weight.detach().std()) == pytest.approx(65**-0.5, rel=0.25)
    again, _ = load_scoring_model(runs.stories, CPU, head_seed=0)
    assert torch.equal(weight, again.get_parameter("score.weight"))


def test_a_language_model_is_no_reward_model(runs: Runs) -> None:
    with pytest.raises(ModelRefused, match="gives no score"):
        load_scoring_model(runs.stories, CPU)


def test_weights_that_lack_a_part_are_refused_instead_of_drawn(runs: Runs) -> None:
    folder = runs.copy_model(runs.stories)
    change(folder / "config.json", num_hidden_layers=6)
    with pytest.raises(ModelRefused, match="lack"):
        load_policy(folder, CPU)


def test_a_damaged_weight_file_is_refused_with_the_reason(runs: Runs) -> None:
    folder = runs.copy_model(runs.stories)
    (folder / "model.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(ModelRefused, match="weights in"):
        load_policy(folder, CPU)


@pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")
def test_adapters_are_made_only_where_a_rank_is_given(runs: Runs) -> None:
    model, _ = load_policy(runs.stories, CPU)
    assert lora_config(SftRecipe(), "CAUSAL_LM") is None
    assert wrap_lora(model, SftRecipe()) is model
    wrapped = wrap_lora(model, SftRecipe(lora_rank=2))
    trainable = sum(p.numel() for p in wrapped.parameters() if p.requires_grad)
    assert 0 < trainable < 0.1 * model.num_parameters()


def test_the_configuration_stays_readable_for_other_tools(runs: Runs, tmp_path: Path) -> None:
    model, _ = load_policy(runs.stories, CPU)
    model.save_pretrained(tmp_path / "saved")
    assert AutoConfig.from_pretrained(tmp_path / "saved").model_type == "llama"


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
