"""Passes without padding: all tokens of a batch in one row, each sequence on its own inside attention only.

Of a transformer's work only attention looks at more than one token. So everything else runs on the real tokens, and the
attention function, which transformers lets a program register, lays queries, keys and values out as a padded batch and
takes the real places back. Attention looks back only, so what begins two sequences alike, as the prompt of a pair or a
system prompt, is the same in both and stands in the row once. Models stay as they are. Letters: b sequences, t positions
of the longest, n tokens to read (real ones, shared ones once), m tokens of the row (n rounded up), h heads, d size of a
head.
"""

import inspect
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward

_NAME = "workbench_packed"
_ROUND = 64  # rows are filled up to a multiple of this: a new shape costs the CPU's kernels a preparation
_WORTH = 0.9  # of the padded tokens, from which padding costs less than packing
_refused: set[type[PreTrainedModel]] = set()  # whose attention does not go through the interface


@dataclass(slots=True)
class Packing:
    """How the sequences of a batch lie in one row.

    Attributes:
        ids: [1, m] the tokens to read, sequence after sequence, then some filling.
        positions: [1, m] each token's place in its own sequence.
        takes: [m] where each token of the row lies in the padded batch, counted row by row; the filling reads any place.
        sources: [b t] where each place of the padded batch lies in the row; padding reads the first filling.
        owners: [b t] the same, but where a sequence reads what another one owns, the filling too.
        shared: [k] the places of the padded batch that are read in another sequence.
        shape: (b, t) of the padded batch.
        n_read: n, the tokens of the row that are no filling.
        calls: how many layers have read it.
    """

    ids: Tensor
    positions: Tensor
    takes: Tensor
    sources: Tensor
    owners: Tensor
    shared: Tensor
    shape: tuple[int, int]
    n_read: int
    calls: int = 0

    @classmethod
    def of(cls, ids: Tensor, is_real: Tensor) -> "Packing":
        """Packs the tokens [b, t] that are real; each sequence's real tokens come first."""
        n_sequences, longest = ids.shape
        owner = torch.from_numpy(_owners(ids, is_real)).to(ids.device)  # [b t], places
        place = torch.arange(n_sequences * longest, device=ids.device)
        is_real = is_real.flatten()
        places = (is_real & (owner == place)).nonzero().squeeze(-1)
        n_read = len(places)
        filling = _ROUND - n_read % _ROUND  # at least one
        row = nn.functional.pad(ids.flatten()[places], (0, filling))
        takes = nn.functional.pad(places, (0, filling))
        owners = torch.full_like(place, n_read)
        owners[places] = torch.arange(n_read, device=ids.device)
        shared = (is_real & (owner != place)).nonzero().squeeze(-1)
        shape = (n_sequences, longest)
        return cls(row[None], (takes % longest)[None], takes, owners[owner], owners, shared, shape, n_read)

    def in_row(self, chosen: Tensor) -> Tensor:
        """Returns where the row holds the places of the padded batch that are true in [b, t], in their order."""
        return self.sources[chosen.flatten()]

    def spread(self, x: Tensor) -> Tensor:
        """Lays [1, h, m, d] out as a padded batch [b, h, t, d]; on the padding stands filling."""
        padded: Tensor = _Spread.apply(x[0].transpose(0, 1), self)  # type: ignore[no-untyped-call]
        return padded.view(*self.shape, *padded.shape[1:]).transpose(1, 2)

    def gather(self, x: Tensor) -> Tensor:
        """Takes the real places of [b, t, h, d] back into a row [1, m, h, d]."""
        row: Tensor = _Gather.apply(x.flatten(0, 1), self)  # type: ignore[no-untyped-call]
        return row.unsqueeze(0)


# Forth and back are copies of rows: nothing is set to zero first, as indexing's own gradients would, and only what
# sequences share is added.


class _Spread(torch.autograd.Function):
    """[m, h, d] to [b t, h, d]. Padding stands behind, where nothing real looks."""

    @staticmethod
    def forward(ctx: Any, row: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return row.index_select(0, packing.sources)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        packing: Packing = ctx.packing
        row = gradients[0].index_select(0, packing.takes)
        row[packing.n_read :] = 0
        if len(packing.shared):
            row.index_add_(0, packing.sources[packing.shared], gradients[0].index_select(0, packing.shared))
        return row, None


class _Gather(torch.autograd.Function):
    """[b t, h, d] to [m, h, d]. No loss reads the filling, so its gradient, which all that is not taken gets, is zero."""

    @staticmethod
    def forward(ctx: Any, padded: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return padded.index_select(0, packing.takes)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0].index_select(0, ctx.packing.owners), None


_packing: ContextVar[Packing] = ContextVar("packing")


def can_pack(model: Any, packing: Packing) -> bool:
    """Says whether a model reads this row in place of the padded batch, and whether that saves anything."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    return (
        type(model) not in _refused
        and config._attn_implementation == "sdpa"
        and not model.is_activation_checkpointing  # which runs layers again when no packing is at hand
        and (window is None or window >= packing.shape[1])
        and "position_ids" in forward_arguments(model)
        and packing.n_read <= _WORTH * math.prod(packing.shape)
    )


def _owners(ids: Tensor, is_real: Tensor) -> npt.NDArray[np.int64]:
    """Returns for each place [b t] the place of the same token after the same tokens, itself where it is the first.

    In the order of a dictionary, what a sequence shares with any earlier one it shares with the one right before it.
    """
    tokens = np.where(is_real.cpu().numpy(), ids.cpu().numpy(), -1)
    owners = np.arange(tokens.size).reshape(tokens.shape)
    order = sorted(range(len(tokens)), key=lambda row: tokens[row].astype(">i8").tobytes())
    alike = (tokens[order[1:]] == tokens[order[:-1]]) & (tokens[order[1:]] >= 0)
    n_alike = np.logical_and.accumulate(alike, axis=1).sum(axis=1)
    for row, before, n in zip(order[1:], order, n_alike, strict=False):
        owners[row, :n] = owners[before, :n]
    return owners.reshape(-1)


@contextmanager
def packed(model: Any, packing: Packing) -> Iterator[None]:
    """Inside, the model's attention reads its row as the packing says."""
    config = model.config.get_text_config()
    token, before = _packing.set(packing), config._attn_implementation
    config._attn_implementation = _NAME
    try:
        yield
    finally:
        config._attn_implementation = before
        _packing.reset(token)


def was_read(model: Any, packing: Packing) -> bool:
    """Says whether every layer read the packing; else what the model gave is worthless, and it is not packed again."""
    if packing.calls == model.config.get_text_config().num_hidden_layers:
        return True
    _refused.add(type(model))
    return False


def forward_arguments(model: PreTrainedModel) -> Collection[str]:
    """Returns the names that a model's forward takes."""
    return inspect.signature(base_of(model).forward).parameters


def base_of(model: Any) -> PreTrainedModel:
    """Returns the model itself where it is wrapped by peft, whose forward takes any argument and hands it on."""
    base: PreTrainedModel = model if isinstance(model, PreTrainedModel) else model.get_base_model()
    return base


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    packing = _packing.get()
    packing.calls += 1
    kwargs.pop("is_causal", None)
    q, k, v = packing.spread(query), packing.spread(key), packing.spread(value)
    out, _ = sdpa_attention_forward(module, q, k, v, None, dropout, scaling, is_causal=True, **kwargs)
    return packing.gather(out), None


AttentionInterface.register(_NAME, _attend)
