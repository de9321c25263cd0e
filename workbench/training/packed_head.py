"""What TRL's trainers ask of a language model, answered without reading padding.

TRL 1.16 calls `model(..., labels=..., fused_lm_head=True)` and gets a few numbers for each token. On a CPU its own answer
reads every padded token and runs the head on prompts too; this one reads real tokens and runs the head where a label
stands. The numbers are the same within rounding, so losses and metrics are TRL's.
"""

import functools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutputWithPast
from trl.trainer.utils import FusedCausalLMOutput

from workbench.training.forward import ResponseBatch, fits_at_once, forward_responses, needed_tokens, score_last
from workbench.training.kl import entropy_of
from workbench.training.packing import Packing, base_of, can_pack

_IGNORED = -100
_READ = {"input_ids", "attention_mask", "use_cache"}  # a call with more is none that this module knows


def answer_packed(prepared: Any) -> None:
    """Makes a model that a TRL trainer has prepared answer its fused calls without padding, where that is possible."""
    model: Any = base_of(prepared)
    theirs = model.forward

    def forward(
        self: PreTrainedModel, *args: Any, fused_lm_head: bool = False, labels: Tensor | None = None, **kwargs: Any
    ) -> Any:
        if fused_lm_head and labels is not None and not args and kwargs.keys() <= _READ:
            batch = _batch(kwargs["input_ids"], labels)
            if _is_worth_it(self, batch):
                with _called_as(self, theirs):
                    return _answer(self, batch)
        asked: dict[str, Any] = {"labels": labels} if labels is not None else {}
        asked |= {"fused_lm_head": True} if fused_lm_head else {}
        return theirs(*args, **kwargs, **asked)

    _replace_forward(model, forward)


def score_packed(prepared: Any) -> None:
    """Makes a scoring model in TRL's reward trainer read its right-padded batches without padding, where possible."""
    model: Any = base_of(prepared)
    theirs = model.forward

    def forward(self: PreTrainedModel, *args: Any, **kwargs: Any) -> Any:
        is_plain = not args and {"input_ids", "attention_mask"} <= kwargs.keys() <= _READ
        if is_plain and dict(self.named_children()).get("score") is not None:
            is_real = kwargs["attention_mask"].bool()
            if self.device.type == "cpu" and can_pack(self.base_model, Packing.of(kwargs["input_ids"], is_real)):
                return SequenceClassifierOutputWithPast(logits=score_last(self, kwargs["input_ids"], is_real)[:, None])
        return theirs(*args, **kwargs)

    _replace_forward(model, forward)


def _replace_forward(model: Any, forward: Callable[..., Any]) -> None:
    """Callers look at the arguments that a model's own forward names."""
    model.forward = types.MethodType(functools.wraps(type(model).forward)(forward), model)


@contextmanager
def _called_as(model: Any, forward: Callable[..., Any]) -> Iterator[None]:
    """Inside, a call of the model is its former forward and none of what was put around it since.

    accelerate enters one autocast around every call. Entered again inside itself, it would stay open for good.
    """
    wrapped, model.forward = model.forward, forward
    try:
        yield
    finally:
        model.forward = wrapped


def _is_worth_it(model: PreTrainedModel, batch: ResponseBatch) -> bool:
    on_cpu = model.device.type == "cpu"  # elsewhere TRL's kernels take labelled tokens only as well
    fits = fits_at_once(len(batch.targets), model.config.get_text_config().vocab_size)
    return on_cpu and fits and len(batch.targets) > 0 and can_pack(model, Packing.of(batch.ids, needed_tokens(batch)))


def _batch(ids: Tensor, labels: Tensor) -> ResponseBatch:
    """Args: ids [b, t] padded on the right; labels [b, t], -100 where the loss passes over a token."""
    has_label = labels[:, 1:] != _IGNORED
    predicts = torch.nn.functional.pad(has_label, (0, 1))
    return ResponseBatch(ids, predicts, labels[:, 1:][has_label], has_label.sum(-1))


def _answer(model: PreTrainedModel, batch: ResponseBatch) -> FusedCausalLMOutput:
    logits = forward_responses(model, batch).logits
    log_p = torch.log_softmax(logits, -1)
    log_probs = log_p.gather(-1, batch.targets.unsqueeze(-1)).squeeze(-1)
    mask = batch.predicts[:, :-1]

    def laid_out(flat: Tensor) -> Tensor:
        return flat.new_zeros(mask.shape).masked_scatter(mask, flat)

    with torch.no_grad():
        entropy, is_top1 = entropy_of(log_p.detach()), log_probs == log_p.amax(-1)
        mean_logits = logits.mean(-1)
    return FusedCausalLMOutput(
        loss=-log_probs.mean(),
        log_probs=laid_out(log_probs),
        entropy=laid_out(entropy),
        mean_logits=laid_out(mean_logits),
        is_top1=laid_out(is_top1),
        label_mask=mask,
    )
