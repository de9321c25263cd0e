"""What a policy says to the same few prompts while it trains."""

from itertools import islice
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from workbench.data.store import read_prompts
from workbench.domain.events import Sample
from workbench.domain.records import DataInput
from workbench.training.inputs import dataset_folder
from workbench.training.models import context_length, end_token_ids
from workbench.training.rollout import generate, response_texts
from workbench.training.session import RunSession
from workbench.training.text import encode_prompt, render_prompt

_N_PROMPTS = 3
_N_TOKENS = 48
_SEED = 0  # the same for every run and step, so that a change is the policy's


class Sampler:
    """Says responses to a dataset's first prompts; training's random state is left as it is.

    Args:
        session: hears them.
        model: the policy in training.
        tokenizer: its own.
        data: where the prompts come from.
    """

    def __init__(self, session: RunSession, model: Any, tokenizer: PreTrainedTokenizerBase, data: DataInput) -> None:
        self._session, self._model, self._tokenizer = session, model, tokenizer
        room = (context_length(model) or 2 * _N_TOKENS) - _N_TOKENS
        prompts = list(islice(read_prompts(dataset_folder(session.project, data), data.split), _N_PROMPTS))
        self._texts = [render_prompt(prompt, tokenizer) for prompt in prompts]
        self._ids = [encode_prompt(prompt, tokenizer, max(1, room)) for prompt in prompts]

    def say(self, step: int) -> None:
        """Samples one response for each prompt and says it."""
        was_training = self._model.training
        self._model.eval()
        rollout = generate(
            self._model,
            self._ids,
            max_new_tokens=_N_TOKENS,
            temperature=1.0,
            end_ids=end_token_ids(self._model, self._tokenizer),
            pad_id=self._tokenizer.pad_token_id,
            generator=torch.Generator().manual_seed(_SEED),
        )
        self._model.train(was_training)
        responses = response_texts(self._tokenizer, self._ids, rollout.response_ids)
        for prompt, response in zip(self._texts, responses, strict=True):
            self._session.say(Sample(step=step, prompt=prompt, response=response))
