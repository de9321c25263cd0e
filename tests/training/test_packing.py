"""Packed passes give what padded ones give, for models of several makes."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, PreTrainedModel
from trl.trainer.utils import add_fused_lm_head

from workbench.training import forward
from workbench.training.forward import (
    ResponseBatch,
    batch_responses,
    forward_responses,
    forward_trunk,
    needed_tokens,
    score_last,
)
from workbench.training.packed_head import answer_packed, score_packed
from workbench.training.packing import Packing, can_pack

SMALL = {"vocab_size": 96, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
MAKES = {
    "llama": SMALL | {"intermediate_size": 48, "num_key_value_heads": 2, "max_position_embeddings": 64},
    "qwen3": SMALL | {"intermediate_size": 48, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64},
    "gpt2": SMALL | {"n_positions": 64, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0},
    "gpt_neox": SMALL | {"intermediate_size": 48, "max_position_embeddings": 64},
    "opt": SMALL | {"ffn_dim": 48, "word_embed_proj_dim": 32, "max_position_embeddings": 64, "dropout": 0.0},
    "bloom": SMALL,  # counts no positions
    "gpt_neo": SMALL | {"num_layers": 2, "attention_types": [[["global", "local"], 1]], "max_position_embeddings": 64},
}


def model_of(make: str, **changes: object) -> PreTrainedModel:
    torch.manual_seed(0)
    config = AutoConfig.for_model(make, **MAKES[make] | changes)
    return AutoModelForCausalLM.from_config(config).eval()


def scoring_model() -> PreTrainedModel:
    torch.manual_seed(0)
    config = AutoConfig.for_model("llama", **MAKES["llama"], pad_token_id=0, num_labels=1)
    return AutoModelForSequenceClassification.from_config(config).eval()


def batch() -> ResponseBatch:
    random = torch.Generator().manual_seed(0)
    draw = lambda n: torch.randint(4, 96, (n,), generator=random).tolist()  # noqa: E731
    lengths = [(3, 12), (9, 1), (1, 25), (6, 6), (2, 3)]
    return batch_responses([draw(p) for p, _ in lengths], [draw(r) for _, r in lengths], 0, torch.device("cpu"))


def pairs() -> ResponseBatch:
    """Two pairs that begin with the same system prompt, a response that begins another, and one response twice."""
    start, first, second, end = [5, 6, 7, 8, 9, 10], [20, 21, 22], [30, 31], [2]
    prompts = [start + first, start + second, start + first, start + second, start + second]
    responses = [[40, 41, 42, *end], [50, *end], [40, 41, 43, 44, 45, *end], [60, 61, 62], [60, 61, 62]]
    return batch_responses(prompts, responses, 0, torch.device("cpu"))


def both_ways(
    model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch, given: ResponseBatch | None = None
) -> tuple[Tensor, Tensor]:
    given = given or batch()
    packed = forward_responses(model, given).logits
    with monkeypatch.context() as patch:
        patch.setattr(forward, "can_pack", lambda *_: False)
        return packed, forward_responses(model, given).logits


@pytest.mark.parametrize("make", MAKES)
def test_packed_equals_padded(make: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed, padded = both_ways(model_of(make), monkeypatch)
    assert torch.allclose(packed, padded, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("make", "packs"), [("llama", True), ("gpt2", True), ("bloom", False), ("gpt_neo", False)])
def test_models_whose_attention_is_their_own_are_read_padded(make: str, packs: bool) -> None:
    model = model_of(make)
    forward_responses(model, batch())  # which finds out
    assert can_pack(model, Packing.of(batch().ids, needed_tokens(batch()))) == packs


@pytest.mark.parametrize("make", MAKES)
def test_what_sequences_share_is_read_once_and_the_same(make: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed, padded = both_ways(model_of(make), monkeypatch, pairs())
    assert torch.allclose(packed, padded, atol=1e-5, rtol=0)


def test_the_row_holds_a_shared_prompt_once() -> None:
    packing = Packing.of(pairs().ids, needed_tokens(pairs()))
    assert (
        packing.n_read == 6 + (3 + 3) + 3 + (2 + 1) + 2
    )  # the start; a prompt and its two responses; the other and its
    assert packing.ids[0, packing.sources].view(packing.shape)[needed_tokens(pairs())].tolist() == (
        pairs().ids[needed_tokens(pairs())].tolist()
    )


@pytest.mark.parametrize("given", [batch, pairs])
def test_the_gradients_are_the_same(given: Callable[[], ResponseBatch], monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("llama")
    grads = []
    for logits in both_ways(model, monkeypatch, given()):
        model.zero_grad()
        torch.log_softmax(logits, -1)[:, 7].sum().backward()
        grads.append([weight.grad.clone() for weight in model.parameters()])
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(*grads, strict=True))


def test_a_trunk_is_packed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = model_of("llama").base_model
    packed = forward_trunk(trunk, batch())
    monkeypatch.setattr(forward, "can_pack", lambda *_: False)
    assert torch.allclose(packed, forward_trunk(trunk, batch()), atol=1e-5)
    assert packed.shape == (int(batch().lengths.sum()), 32)


def test_nothing_is_packed_that_a_window_or_checkpointing_would_read_otherwise() -> None:
    packing = Packing.of(batch().ids, needed_tokens(batch()))
    assert can_pack(model_of("llama"), packing)
    windowed = model_of("qwen3", use_sliding_window=True, sliding_window=8, max_window_layers=0)
    assert not can_pack(windowed, packing)
    checkpointed = model_of("llama").train()
    checkpointed.activation_checkpointing_enable()
    assert not can_pack(checkpointed, packing)


def test_a_row_that_is_nearly_full_is_left_padded() -> None:
    full = Packing.of(torch.arange(24).view(3, 8), torch.ones(3, 8, dtype=torch.bool))
    assert not can_pack(model_of("llama"), full)


def test_spreading_and_gathering_are_inverse() -> None:
    real = needed_tokens(batch())
    packing = Packing.of(batch().ids, real)
    x = torch.randn(1, packing.ids.shape[1], 2, 3)
    again = packing.gather(packing.spread(x.transpose(1, 2)).transpose(1, 2))
    assert torch.equal(again[:, : int(real.sum())], x[:, : int(real.sum())])
    assert torch.equal(packing.ids[0, : int(real.sum())], batch().ids[real])


def test_the_order_of_the_sequences_changes_nothing() -> None:
    model, whole = model_of("llama"), batch()
    rows = torch.tensor([3, 1, 4, 0, 2])
    ids, predicts = whole.ids[rows], whole.predicts[rows]
    mixed = ResponseBatch(ids, predicts, ids[:, 1:][predicts[:, :-1]], whole.lengths[rows])
    first = forward_responses(model, whole).logits.split(whole.lengths.tolist())
    again = forward_responses(model, mixed).logits.split(mixed.lengths.tolist())
    assert all(torch.allclose(first[row], part, atol=1e-5) for row, part in zip(rows.tolist(), again, strict=True))


def test_a_reward_model_reads_the_last_token_of_each_sequence() -> None:
    model = scoring_model()
    ids, real = batch().ids, needed_tokens(batch())
    ids = ids.masked_fill(~real, 0)
    assert can_pack(model.base_model, Packing.of(ids, real))
    expected = model(input_ids=ids, attention_mask=real.long()).logits.squeeze(-1)
    assert torch.allclose(score_last(model, ids, real), expected, atol=1e-5)


@pytest.mark.parametrize("field", ["loss", "log_probs", "entropy", "mean_logits", "is_top1", "label_mask"])
def test_what_trl_asks_of_a_language_model_is_answered_alike(field: str) -> None:
    model = model_of("llama")
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
    labels = torch.full_like(batch().ids, -100)
    labels[:, 1:][batch().predicts[:, :-1]] = batch().targets
    asked = {"input_ids": batch().ids, "attention_mask": needed_tokens(batch()).long()}
    expected = getattr(model(**asked, labels=labels, fused_lm_head=True), field)
    answer_packed(model)
    answer = model(**asked, labels=labels, fused_lm_head=True)
    assert type(answer.loss.grad_fn).__name__ == "NegBackward0"  # ours: a mean, where TRL divides a sum
    assert torch.allclose(getattr(answer, field), expected, atol=1e-5)


def test_a_scoring_model_in_trls_trainer_answers_alike() -> None:
    model, real = scoring_model(), needed_tokens(batch())
    asked = {"input_ids": batch().ids.masked_fill(~real, 0), "attention_mask": real.long(), "use_cache": False}
    expected = model(**asked).logits
    score_packed(model)
    calls = []
    model.base_model.register_forward_pre_hook(
        lambda _module, _args, given: calls.append(given["input_ids"].shape), with_kwargs=True
    )
    assert torch.allclose(model(**asked).logits, expected, atol=1e-5)
    assert calls[0][0] == 1  # one row
