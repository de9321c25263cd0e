"""One teacher-forced pass over prompts and responses, with the head on the response's tokens only.

Sequences are read without their padding where the model allows it (`packing`); else they are padded on the right and carry
no attention mask: attention looks back only, so what stands behind a sequence changes nothing in it, positions count from
zero by themselves, and the fast causal kernels apply. Letters: b sequences,
t positions, n response tokens of the whole batch in reading order, d hidden size, v vocabulary.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.training.packing import Packing, can_pack, packed, was_read

# 64 Mi numbers, 256 MiB in fp32: what the logits of one pass may take, whatever batch size was asked for.
_MOST_LOGITS = 1 << 26


@dataclass(frozen=True, slots=True)
class ResponseBatch:
    """Sequences as tensors.

    Attributes:
        ids: [b, t] prompt and response, then padding.
        predicts: [b, t] true where the next token is one of the response.
        targets: [n] the response tokens.
        lengths: [b] response tokens of each sequence; they sum to n.
    """

    ids: Tensor
    predicts: Tensor
    targets: Tensor
    lengths: Tensor


@dataclass(frozen=True, slots=True)
class ResponseOutputs:
    """What a pass gives at the positions that predict response tokens.

    Attributes:
        logits: [n, v] in fp32, before any temperature.
        hidden: [n, d] what the head read.
    """

    logits: Tensor
    hidden: Tensor


def batch_responses(
    prompt_ids: Sequence[Sequence[int]], response_ids: Sequence[Sequence[int]], pad_id: int, device: torch.device
) -> ResponseBatch:
    """Lays prompts and responses out as tensors. `pad_id` may be any token: nothing looks at it."""
    longest = max(len(p) + len(r) for p, r in zip(prompt_ids, response_ids, strict=True))
    ids = torch.full((len(prompt_ids), longest), pad_id, dtype=torch.long)
    predicts = torch.zeros_like(ids, dtype=torch.bool)
    for row, (prompt, response) in enumerate(zip(prompt_ids, response_ids, strict=True)):
        end = len(prompt) + len(response)
        ids[row, :end] = torch.tensor([*prompt, *response], dtype=torch.long)
        predicts[row, len(prompt) - 1 : end - 1] = True
    targets = torch.tensor([token for response in response_ids for token in response], dtype=torch.long)
    lengths = torch.tensor([len(response) for response in response_ids], dtype=torch.long)
    return ResponseBatch(ids.to(device), predicts.to(device), targets.to(device), lengths.to(device))


def select_rows(batch: ResponseBatch, rows: Tensor) -> ResponseBatch:
    """Returns the sequences `rows` of a batch, without padding that none of them needs."""
    lengths, predicts = batch.lengths[rows], batch.predicts[rows]
    last = predicts.any(0).nonzero().max() + 1  # the last token is predicted from here, and itself predicts nothing
    ids = batch.ids[rows, : last + 1]
    predicts = predicts[:, : last + 1]
    return ResponseBatch(ids, predicts, ids[:, 1:][predicts[:, :-1]], lengths)


def tempered(logits: Tensor, temperature: float) -> Tensor:
    """Returns the logits of the distribution that is sampled from at a temperature."""
    return logits if temperature == 1.0 else logits / temperature


def forward_responses(model: PreTrainedModel, batch: ResponseBatch) -> ResponseOutputs:
    """Runs a causal language model, its head on the positions that predict response tokens only.

    The head runs in fp32 under autocast too: a log-probability rounded to bf16 is off by up to a percent, and the first
    ratio of an update would not be one.
    """
    packing = Packing.of(batch.ids, needed_tokens(batch))
    if can_pack(model, packing):
        with full_precision_head(model, packing.in_row(batch.predicts)) as caught, packed(model, packing):
            logits = model(input_ids=packing.ids, position_ids=packing.positions, use_cache=False).logits
        if was_read(model, packing):
            return ResponseOutputs(logits[0].float(), caught[0][0])
    with full_precision_head(model, batch.predicts.flatten().nonzero().squeeze(-1)) as caught:
        logits = model(input_ids=batch.ids, use_cache=False).logits
    return ResponseOutputs(logits[0].float(), caught[0][0])


def forward_trunk(trunk: PreTrainedModel, batch: ResponseBatch) -> Tensor:
    """Runs a transformer without a head; returns its last hidden states where response tokens are predicted, [n, d]."""
    packing = Packing.of(batch.ids, needed_tokens(batch))
    if can_pack(trunk, packing):
        with packed(trunk, packing):
            outputs = trunk(input_ids=packing.ids, position_ids=packing.positions, use_cache=False)
        if was_read(trunk, packing):
            return torch.as_tensor(outputs.last_hidden_state)[0, packing.in_row(batch.predicts)]
    return torch.as_tensor(trunk(input_ids=batch.ids, use_cache=False).last_hidden_state)[batch.predicts]


def score_last(model: PreTrainedModel, ids: Tensor, is_real: Tensor) -> Tensor:
    """Returns what a scoring model says at each sequence's last token, [b].

    Args:
        model: with one label, as transformers' `AutoModelForSequenceClassification`.
        ids: [b, t] padded on the right.
        is_real: [b, t] false on the padding.
    """
    # The last token that is not the model's padding, as its own forward has it: an ending may share padding's number.
    last = (torch.arange(ids.shape[1], device=ids.device) * (is_real & (ids != model.config.pad_token_id))).argmax(-1)
    head, trunk = dict(model.named_children()).get("score"), model.base_model
    packing = Packing.of(ids, is_real)
    if head is not None and _is_whole(head) and can_pack(trunk, packing):
        with packed(trunk, packing):
            outputs = trunk(input_ids=packing.ids, position_ids=packing.positions, use_cache=False)
        if was_read(trunk, packing):
            is_last = torch.arange(ids.shape[1], device=ids.device) == last[:, None]
            return torch.as_tensor(head(outputs.last_hidden_state[0, packing.in_row(is_last)])).squeeze(-1)
    logits = model(input_ids=ids, attention_mask=is_real.long(), use_cache=False).logits
    return torch.as_tensor(logits).squeeze(-1)


def _is_whole(head: nn.Module) -> bool:
    """Says whether a head has its weights here; sharded ones come when the model itself is called, not when a part is."""
    return all(type(weight) is nn.Parameter for weight in head.parameters())  # a share is another type of tensor


def needed_tokens(batch: ResponseBatch) -> Tensor:
    """Returns which tokens [b, t] have to be read: all up to the last that predicts one of the response."""
    return batch.predicts.flip(-1).cumsum(-1).flip(-1) > 0


def length_batches(
    prompt_ids: Sequence[Sequence[int]], response_ids: Sequence[Sequence[int]], batch_size: int, vocabulary: int
) -> Iterator[list[int]]:
    """Yields rows of like length together, longest first (so that memory runs out at once or not at all).

    Args:
        prompt_ids, response_ids: the sequences.
        batch_size: at most so many rows at once.
        vocabulary: size of the head; large ones make the batches smaller.
    """
    longest = max((len(response) for response in response_ids), default=1)
    size = max(1, min(batch_size, _MOST_LOGITS // max(1, longest * vocabulary)))
    rows = sorted(range(len(prompt_ids)), key=lambda row: (-len(prompt_ids[row]) - len(response_ids[row]), row))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def parts_for_memory(n_tokens: int, vocabulary: int) -> int:
    """Returns into how many parts so many response tokens are cut, so that a part's logits fit."""
    return max(1, -(-n_tokens * vocabulary // _MOST_LOGITS))


def fits_at_once(n_tokens: int, vocabulary: int) -> bool:
    """Says whether the logits of so many tokens may stand in memory at once."""
    return n_tokens * vocabulary <= _MOST_LOGITS


@contextmanager
def full_precision_head(model: PreTrainedModel, positions: Tensor | None = None) -> Iterator[list[Tensor]]:
    """Inside, the model's head runs in fp32 under autocast too, and what it reads is caught.

    Args:
        model: a causal language model.
        positions: [n] the head runs there, counted row by row, as one row; None: wherever the model runs it.
    """
    # A hook on the output embedding works for every architecture, and whatever a model does to its logits afterwards
    # (soft caps, scales) still happens.
    head: nn.Module = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    caught: list[Tensor] = []
    full_precision = torch.autocast(model.device.type, enabled=False)

    def select(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        hidden = args[0] if positions is None else args[0].flatten(0, 1)[positions].unsqueeze(0)
        caught.append(hidden)
        full_precision.__enter__()  # type: ignore[no-untyped-call]
        return (hidden.to(next(module.parameters()).dtype),)

    def leave(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        full_precision.__exit__(None, None, None)

    hooks = [head.register_forward_pre_hook(select), head.register_forward_hook(leave)]
    try:
        yield caught
    finally:
        for hook in hooks:
            hook.remove()
