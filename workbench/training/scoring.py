"""Scores from a reward model: on text, with the reward model's own tokenizer and template."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.domain.errors import BadInput
from workbench.domain.pairs import Turns, response_turns
from workbench.domain.playground import TokenReward
from workbench.storage.files import write_bytes
from workbench.training.forward import score_last
from workbench.training.models import context_length, load_scoring_model
from workbench.training.rollout import token_texts
from workbench.training.text import (
    AppendEos,
    encode_prompt,
    encode_response,
    prompt_room,
    response_end_id,
)

REWARD_FILE = "reward.json"
_LEAST_STD = 1e-6  # a model that scores all samples alike is shifted, not blown up


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """What belongs to a reward model besides its weights; stored as reward.json in its folder.

    Attributes:
        mean, std: of raw scores on the reference's samples; a score is (raw - mean) / std (1909.08593, section 2.1).
        max_length: tokens of prompt and response that it was trained on.
        append_eos: when an ended response was followed by EOS in its training.
        n_samples: how many samples mean and std come from; 0 where scores are raw.
    """

    mean: float = 0.0
    std: float = 1.0
    max_length: int = 1024
    append_eos: AppendEos = "auto"
    n_samples: int = 0

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads a folder's settings; one without reward.json scores raw.

        Raises:
            BadInput: the file is not what `write` writes.
        """
        path = folder / REWARD_FILE
        if not path.is_file():
            return cls()
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values.pop("format_version", None)
            return cls(**values)
        except (ValueError, TypeError, AttributeError) as error:
            raise BadInput(f"{path} is not a reward model's settings: {error}.", "Restore it from a copy.") from error

    def write(self, folder: Path) -> None:
        """Writes reward.json."""
        values: dict[str, Any] = {"format_version": 1, "mean": self.mean, "std": self.std}
        values |= {"max_length": self.max_length, "append_eos": self.append_eos, "n_samples": self.n_samples}
        write_bytes(folder / REWARD_FILE, json.dumps(values, indent=2).encode() + b"\n")

    @staticmethod
    def moments(raw: npt.NDArray[np.float64]) -> tuple[float, float]:
        """Returns mean and population standard deviation of raw scores."""
        return float(raw.mean()), max(float(raw.std()), _LEAST_STD)


class RewardScorer:
    """A reward model that scores texts.

    Args:
        model: gives one score for a sequence, read at its last token.
        tokenizer: the reward model's own.
        settings: normalisation and how it was trained.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: RewardSettings) -> None:
        self.model, self.tokenizer, self.settings = model, tokenizer, settings
        self.max_length = min(settings.max_length, context_length(model) or settings.max_length)

    @classmethod
    def load(
        cls,
        folder: Path | str,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        trust_remote_code: bool = False,
    ) -> Self:
        """Loads a reward model's folder, or one from the hub.

        Raises:
            ModelRefused, Offline: see `models.load_policy`.
        """
        model, tokenizer = load_scoring_model(folder, device, dtype, trust_remote_code)
        settings = RewardSettings.read(Path(folder)) if Path(folder).is_dir() else RewardSettings()
        return cls(model, tokenizer, settings)

    def score(
        self,
        prompts: Sequence[Turns],
        responses: Sequence[str],
        ended: Sequence[bool] | None = None,
        batch_size: int = 64,
    ) -> npt.NDArray[np.float64]:
        """Returns normalised scores [n].

        Args:
            prompts, responses: n of each; a response as the policy's tokenizer decodes it.
            ended: whether each response ended by itself, and so gets an EOS as in training; None: all did.
            batch_size: sequences at once; no effect on the result beyond rounding.
        """
        raw = self.raw_scores(prompts, responses, ended, batch_size)
        return (raw - self.settings.mean) / self.settings.std

    def raw_scores(
        self,
        prompts: Sequence[Turns],
        responses: Sequence[str],
        ended: Sequence[bool] | None = None,
        batch_size: int = 64,
    ) -> npt.NDArray[np.float64]:
        """Returns the model's own scores [n]; arguments as in `score`."""
        endings = [True] * len(responses) if ended is None else ended
        encoded = [self._encode(*item) for item in zip(prompts, responses, endings, strict=True)]
        sequences = [prompt_ids + response_ids for prompt_ids, response_ids in encoded]
        order = _side_by_side([prompt_ids for prompt_ids, _ in encoded], [len(ids) for ids in sequences])
        scores = np.empty(len(sequences), dtype=np.float64)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            scores[rows] = self._score_batch([sequences[row] for row in rows])
        return scores

    def token_rewards(self, prompt: Turns, response: str, ended: bool) -> list[TokenReward]:
        """Returns what the head says at each token of the response, normalised; the last value is the response's score.

        Empty for a model whose head reads one place only.

        Args:
            prompt, response, ended: as in `score`.
        """
        prompt_ids, response_ids = self._encode(prompt, response, ended)
        with _read_head(self.model) as caught:
            self._score_batch([prompt_ids + response_ids])
        if not caught or caught[0].shape[:2] != (1, len(prompt_ids) + len(response_ids)):
            return []
        values = (caught[0][0, len(prompt_ids) :, 0].double() - self.settings.mean) / self.settings.std
        texts = token_texts(self.tokenizer, prompt_ids, response_ids)
        return [TokenReward(text, value) for text, value in zip(texts, values.tolist(), strict=True)]

    @cached_property
    def _end_id(self) -> int:
        return response_end_id(self.tokenizer)

    def _encode(self, prompt: Turns, response: str, ended: bool) -> tuple[list[int], list[int]]:
        """Returns prompt and response as ids, shortened as `text.encode_pair` does in training."""
        end = None
        if self.settings.append_eos == "always" or (self.settings.append_eos == "auto" and ended):
            end = self._end_id
        response_ids = encode_response(response_turns(prompt, response), self.tokenizer, end)
        prompt_ids = encode_prompt(prompt, self.tokenizer, prompt_room(self.max_length, len(response_ids)))
        return prompt_ids, response_ids[: self.max_length - len(prompt_ids)]

    @torch.no_grad()
    def _score_batch(self, sequences: list[list[int]]) -> npt.NDArray[np.float64]:
        longest = max(len(ids) for ids in sequences)
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([row + [pad] * (longest - len(row)) for row in sequences], device=self.model.device)
        lengths = torch.tensor([len(row) for row in sequences], device=ids.device)
        is_real = torch.arange(longest, device=ids.device) < lengths.unsqueeze(-1)
        found = score_last(self.model, ids, is_real)
        scores: npt.NDArray[np.float64] = found.float().cpu().numpy().astype(np.float64)
        return scores


def _side_by_side(prompts: Sequence[Sequence[int]], lengths: Sequence[int]) -> list[int]:
    """Returns rows of like length together, which pads little, and those of a prompt, which then is read once."""
    longest: dict[tuple[int, ...], int] = {}
    for prompt, length in zip(map(tuple, prompts), lengths, strict=True):
        longest[prompt] = max(length, longest.get(prompt, 0))
    return sorted(range(len(prompts)), key=lambda row: (longest[tuple(prompts[row])], prompts[row], row))


@contextmanager
def _read_head(model: PreTrainedModel) -> Iterator[list[torch.Tensor]]:
    """Inside, what the model's score head gives at every place [b, t, 1] is caught."""
    caught: list[torch.Tensor] = []
    head = dict(model.named_children()).get("score")
    if head is None:
        yield caught
        return
    hook = head.register_forward_hook(lambda _module, _args, output: caught.append(output.float().cpu()))
    try:
        yield caught
    finally:
        hook.remove()
