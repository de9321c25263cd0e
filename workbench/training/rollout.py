"""Sampling from a policy: the only way responses are drawn, in training and in evaluation.

Each response has its own row of uniform numbers, drawn before anything else, and each token is the one at which the
cumulative distribution passes its number. So what is sampled depends on the generator, the prompt's place and the policy
alone, not on batch sizes or on which rows finished early; and two policies sampled with equal seeds are compared with the
same luck.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import Cache, PreTrainedModel, PreTrainedTokenizerBase

from workbench.domain.samples import StopReason
from workbench.training.forward import full_precision_head, tempered
from workbench.training.packing import forward_arguments


@dataclass(frozen=True, slots=True)
class Rollout:
    """Responses in the order of their prompts.

    Attributes:
        prompt_ids: as given.
        response_ids: sampled tokens; the end-of-sequence token is among them where one was sampled.
        logps: for each response the log-probabilities [n_tokens] of its tokens under the very distribution that they were
            drawn from (logits divided by the temperature), fp32, on the CPU.
        ended: the response ended by itself, by an end-of-sequence token or a stop string.
        stop_reasons: why each one stops.
    """

    prompt_ids: list[list[int]]
    response_ids: list[list[int]]
    logps: list[Tensor]
    ended: list[bool]
    stop_reasons: list[StopReason]

    @classmethod
    def joined(cls, parts: "Sequence[Rollout]") -> "Rollout":
        """Returns one rollout of the responses of several, in their order."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            prompt_ids=[ids for part in parts for ids in part.prompt_ids],
            response_ids=[ids for part in parts for ids in part.response_ids],
            logps=[logps for part in parts for logps in part.logps],
            ended=[ended for part in parts for ended in part.ended],
            stop_reasons=[reason for part in parts for reason in part.stop_reasons],
        )


@dataclass(slots=True)
class _Row:
    before: int  # the prompt's last token
    tokens: list[int] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    stop_reason: StopReason = "length"


class StopStrings:
    """Tells whether the newest token completed one of the texts that end a response."""

    def __init__(self, texts: Sequence[str], tokenizer: PreTrainedTokenizerBase | None) -> None:
        self._texts, self._tokenizer = tuple(texts), tokenizer
        # A character takes up to four byte tokens; the newest token completes a text if any does.
        self._reach = 4 * max((len(text) for text in texts), default=0) + 8
        if texts and tokenizer is None:
            raise ValueError("stop strings need a tokenizer")

    def found(self, before: int, tokens: Sequence[int]) -> bool:
        """Says whether a response's tokens end with such a text.

        Args:
            before: the token before them. As in `response_texts` they are decoded behind it, for a tokenizer may strip the
                first space of what it decodes, and a text may begin with that.
            tokens: the response so far.
        """
        if not self._texts or self._tokenizer is None:
            return False
        tail = [before, *tokens][-self._reach :]
        text = str(self._tokenizer.decode(tail))[len(str(self._tokenizer.decode(tail[:1]))) :]
        return any(stop in text for stop in self._texts)


@torch.no_grad()
def generate(  # noqa: PLR0913  (what decides a sample is all named)
    model: PreTrainedModel,
    prompt_ids: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    temperature: float,
    end_ids: Collection[int],
    pad_id: int,
    generator: torch.Generator,
    batch_size: int = 64,
    stop_strings: Sequence[str] = (),
    tokenizer: PreTrainedTokenizerBase | None = None,
    on_step: Callable[[list[list[int]]], object] | None = None,
) -> Rollout:
    """Samples one response for each prompt.

    Args:
        model: a causal language model in eval mode.
        prompt_ids: at least one token each, without padding.
        max_new_tokens: a response ends here at the latest.
        temperature: divides the logits; nothing else is done to them.
        end_ids: tokens that end a response.
        pad_id: fills shorter prompts on the left, masked out; never sampled for, so it may be an end token.
        generator: on the CPU; one uniform number for each prompt and token is taken from it, whatever happens.
        batch_size: responses sampled at once; no effect on the result.
        stop_strings: texts that end a response, checked after each token; the text stays in the tokens.
        tokenizer: needed for stop strings only.
        on_step: called after each token with all responses so far, in the prompts' order; may raise to give up.
    """
    uniforms = torch.rand(len(prompt_ids), max_new_tokens, generator=generator)
    rows = [_Row(before=prompt[-1]) for prompt in prompt_ids]
    ends, stops = frozenset(end_ids), StopStrings(stop_strings, tokenizer)
    said = _say_nothing if on_step is None else lambda: on_step([row.tokens for row in rows])
    order = sorted(range(len(prompt_ids)), key=lambda row: (-len(prompt_ids[row]), row))  # little padding
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        decoder = _Decoder(model, [prompt_ids[row] for row in chosen], pad_id)
        _sample_batch(decoder, [rows[row] for row in chosen], uniforms[chosen], temperature, ends, stops, said)
    return Rollout(
        prompt_ids=[list(prompt) for prompt in prompt_ids],
        response_ids=[row.tokens for row in rows],
        logps=[torch.tensor(row.logps, dtype=torch.float32) for row in rows],
        ended=[row.stop_reason != "length" for row in rows],
        stop_reasons=[row.stop_reason for row in rows],
    )


def response_texts(
    tokenizer: PreTrainedTokenizerBase,
    prompt_ids: Sequence[Sequence[int]],
    response_ids: Sequence[Sequence[int]],
    stop_strings: Sequence[str] = (),
) -> list[str]:
    """Returns the responses as text that may be put behind their prompts, without special tokens.

    A tokenizer that strips the first space of what it decodes would glue the first word to the prompt, so each response
    is decoded behind its prompt's last token. A stop string and what follows it are not part of the text.
    """
    texts = []
    for prompt, response in zip(prompt_ids, response_ids, strict=True):
        last = list(prompt[-1:])
        before = str(tokenizer.decode(last, skip_special_tokens=True))
        text = str(tokenizer.decode([*last, *response], skip_special_tokens=True))[len(before) :]
        texts.append(text[: min((at for stop in stop_strings if (at := text.find(stop)) >= 0), default=len(text))])
    return texts


def token_texts(tokenizer: PreTrainedTokenizerBase, prompt_ids: Sequence[int], ids: Sequence[int]) -> list[str]:
    """Returns what each token adds to the text; joined they are the response as `response_texts` gives it.

    Where several tokens spell one character together, the last of them has it. Special tokens add nothing.
    """
    tokens = [*prompt_ids[-1:], *ids]
    start, read, texts = 0, len(tokens) - len(ids), []
    for end in range(read + 1, len(tokens) + 1):
        before = str(tokenizer.decode(tokens[start:read], skip_special_tokens=True))
        after = str(tokenizer.decode(tokens[start:end], skip_special_tokens=True))
        if after.endswith("\ufffd") and end < len(tokens):  # a part of a character
            texts.append("")
            continue
        texts.append(after[len(before) :])
        start, read = read, end
    return texts


class _Decoder:
    """A batch of sequences that grows token by token, with its key-value cache; rows can be dropped."""

    def __init__(self, model: PreTrainedModel, prompt_ids: Sequence[Sequence[int]], pad_id: int) -> None:
        longest = max(len(prompt) for prompt in prompt_ids)
        padded = [[pad_id] * (longest - len(prompt)) + list(prompt) for prompt in prompt_ids]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompt_ids]
        self._model = model
        self._next = torch.tensor(padded, dtype=torch.long, device=model.device)
        self._mask = torch.tensor(mask, dtype=torch.long, device=model.device)
        self._padded = bool((self._mask == 0).any())  # without padding no mask is needed, and attention is faster
        takes = forward_arguments(model)
        self._takes_positions = "position_ids" in takes
        self._cache_name = "cache" if "cache" in takes else "past_key_values"  # transformers 5.24 renamed it
        self._cache: Cache | None = None

    def logits(self) -> Tensor:
        """Returns the next token's logits [b, v] in fp32 and remembers what was read."""
        inputs: dict[str, Tensor | Cache | None] = {self._cache_name: self._cache}
        if self._padded:
            inputs["attention_mask"] = self._mask
            if self._takes_positions:  # counted from each sequence's first real token
                positions = (self._mask.cumsum(-1) - 1).clamp(min=0)
                inputs["position_ids"] = positions[:, -self._next.shape[1] :]
        with full_precision_head(self._model):
            outputs = self._model(input_ids=self._next, use_cache=True, logits_to_keep=1, **inputs)
        self._cache = outputs[self._cache_name]
        return torch.as_tensor(outputs.logits)[:, -1].float()

    def append(self, tokens: Tensor) -> None:
        """Puts one token [b] behind each sequence."""
        self._next = tokens.unsqueeze(-1)
        self._mask = torch.cat([self._mask, torch.ones_like(self._next)], -1)

    def keep(self, rows: list[int]) -> None:
        """Drops all sequences but `rows`."""
        index = torch.tensor(rows, device=self._next.device)
        self._next, self._mask = self._next[index], self._mask[index]
        if self._cache is not None:
            self._cache.batch_select_indices(index)


def _sample_batch(
    decoder: _Decoder,
    rows: list[_Row],
    uniforms: Tensor,
    temperature: float,
    ends: frozenset[int],
    stops: StopStrings,
    said: Callable[[], object],
) -> None:
    """Fills `rows` token by token, calls `said` after each; `uniforms` is [b, max_new_tokens]."""
    live = list(range(len(rows)))
    for step in range(uniforms.shape[1]):
        logp = torch.log_softmax(tempered(decoder.logits(), temperature), -1)
        tokens = inverse_cdf(logp, uniforms[live, step].to(logp.device))
        logps = logp.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
        for row, token, value in zip(live, tokens.tolist(), logps.tolist(), strict=True):
            _extend(rows[row], token, value, ends, stops)
        said()
        going = [place for place, row in enumerate(live) if rows[row].stop_reason == "length"]
        if not going:
            return
        decoder.append(tokens)
        if len(going) < len(live):
            decoder.keep(going)
            live = [live[place] for place in going]


def inverse_cdf(logp: Tensor, uniforms: Tensor) -> Tensor:
    """Returns for each row the token at which the cumulative distribution passes the row's uniform number.

    Args:
        logp: [b, v] log-probabilities.
        uniforms: [b] in [0, 1).

    Returns:
        [b] tokens; never one of probability zero.
    """
    cumulative = logp.exp().cumsum(-1)
    total = cumulative[:, -1:].contiguous()  # one but for rounding
    tokens = torch.searchsorted(cumulative, uniforms.unsqueeze(-1) * total, right=True)
    last_possible = torch.searchsorted(cumulative, total)
    return torch.minimum(tokens, last_possible).squeeze(-1)


def _say_nothing() -> None:
    """Stands in where nobody listens."""


def _extend(row: _Row, token: int, logp: float, ends: frozenset[int], stops: StopStrings) -> None:
    row.tokens.append(token)
    row.logps.append(logp)
    if token in ends:
        row.stop_reason = "eos"
    elif stops.found(row.before, row.tokens):
        row.stop_reason = "stop_string"
