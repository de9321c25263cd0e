"""Passes without padding: all tokens of a batch in one row, each sequence on its own inside attention only.

Of a transformer's work only attention looks at more than one token. So everything else runs on the real tokens, and the
attention function, which transformers lets a program register, lays queries, keys and values out as a padded batch and
takes the real places back. Models stay as they are. Letters: b sequences, t positions of the longest, n real tokens, m
tokens of the row (n rounded up), h heads, d size of a head.
"""

import inspect
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

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
        ids: [1, m] all tokens, sequence after sequence, then some filling.
        positions: [1, m] each token's place in its own sequence.
        places: [n] where each real token lies in the padded batch, counted row by row.
        takes: [m] the same for the whole row; the filling reads any place.
        sources: [b t] where each place of the padded batch lies in the row; padding reads the first filling.
        shape: (b, t) of the padded batch.
        calls: how many layers have read it.
    """

    ids: Tensor
    positions: Tensor
    places: Tensor
    takes: Tensor
    sources: Tensor
    shape: tuple[int, int]
    calls: int = 0

    @classmethod
    def of(cls, ids: Tensor, is_real: Tensor) -> "Packing":
        """Packs the tokens [b, t] that are real; each sequence's real tokens come first."""
        n_sequences, longest = ids.shape
        places = is_real.flatten().nonzero().squeeze(-1)
        filling = _ROUND - len(places) % _ROUND  # at least one
        row = nn.functional.pad(ids.flatten()[places], (0, filling))
        takes = nn.functional.pad(places, (0, filling))
        sources = torch.full((n_sequences * longest,), len(places), device=ids.device)
        sources[places] = torch.arange(len(places), device=ids.device)
        return cls(row[None], (takes % longest)[None], places, takes, sources, (n_sequences, longest))

    def in_row(self, padded: Tensor) -> Tensor:
        """Returns values of the padded batch [b, t] in the row's order [1, m]; the filling is zero."""
        row = padded.flatten()[self.places]
        return nn.functional.pad(row, (0, self.ids.shape[1] - len(self.places))).unsqueeze(0)

    def spread(self, x: Tensor) -> Tensor:
        """Lays [1, h, m, d] out as a padded batch [b, h, t, d]; on the padding stands filling."""
        padded: Tensor = _Spread.apply(x[0].transpose(0, 1), self)  # type: ignore[no-untyped-call]
        return padded.view(*self.shape, *padded.shape[1:]).transpose(1, 2)

    def gather(self, x: Tensor) -> Tensor:
        """Takes the real places of [b, t, h, d] back into a row [1, m, h, d]."""
        row: Tensor = _Gather.apply(x.flatten(0, 1), self)  # type: ignore[no-untyped-call]
        return row.unsqueeze(0)


# Forth and back are copies of rows: nothing is set to zero first and nothing added, as indexing's own gradients would.


class _Spread(torch.autograd.Function):
    """[m, h, d] to [b t, h, d]. Attention looks back only and padding stands behind, so nothing real sees it."""

    @staticmethod
    def forward(ctx: Any, row: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return row.index_select(0, packing.sources)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        row = gradients[0].index_select(0, ctx.packing.takes)
        row[len(ctx.packing.places) :] = 0
        return row, None


class _Gather(torch.autograd.Function):
    """[b t, h, d] to [m, h, d]. No loss reads the filling, so its gradient, which the padding gets, is zero."""

    @staticmethod
    def forward(ctx: Any, padded: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return padded.index_select(0, packing.takes)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0].index_select(0, ctx.packing.sources), None


_packing: ContextVar[Packing] = ContextVar("packing")


def can_pack(model: Any, is_real: Tensor) -> bool:
    """Says whether a model reads these tokens [b, t] packed, and whether that saves anything."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    return (
        type(model) not in _refused
        and config._attn_implementation == "sdpa"
        and not model.is_activation_checkpointing  # which runs layers again when no packing is at hand
        and (window is None or window >= is_real.shape[1])
        and "position_ids" in forward_arguments(model)
        and int(is_real.sum()) <= _WORTH * is_real.numel()
    )


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
