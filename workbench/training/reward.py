"""The reward model: -log sigmoid(r_chosen - r_rejected - margin) (2203.02155, section 3.5, Eq. 1), on TRL's trainer."""

import math
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedTokenizerBase
from trl.trainer.reward_config import RewardConfig
from trl.trainer.reward_trainer import RewardTrainer

from workbench.data.store import read_prompts, read_rows
from workbench.domain.errors import BadInput
from workbench.domain.pairs import Turns
from workbench.domain.recipes import RewardRecipe
from workbench.domain.recipes.training import VALIDATION_ROWS
from workbench.domain.records import Job
from workbench.storage.sources import resolve_model
from workbench.training.batches import Encoder
from workbench.training.cores import settle_threads
from workbench.training.inputs import dataset_folder
from workbench.training.models import context_length, end_token_ids, load_policy, load_scoring_model, lora_config
from workbench.training.packed_head import score_packed
from workbench.training.rollout import generate, response_texts
from workbench.training.scoring import RewardScorer, RewardSettings
from workbench.training.session import RunSession, StopRun
from workbench.training.text import encode_prompt, encode_response
from workbench.training.trainer import (
    Bridge,
    SessionTrainer,
    resumed_from,
    run,
    seed_everything,
    training_arguments,
    weights_dtype,
)

_BATCH = 32  # sampled between two looks for a stop
_MEASURED = 2048  # responses whose lengths say how long samples may get


class Trainer(SessionTrainer, RewardTrainer):
    """TRL's reward trainer in a run; the model reads no padding."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        score_packed(self.model)


def train(job: Job, session: RunSession) -> None:
    """Trains a reward model on preference pairs.

    Raises:
        StopRun: the person asked to stop or pause.
        WorkbenchError: the inputs cannot be used, or training could not go on.
    """
    recipe = job.recipe
    if not isinstance(recipe, RewardRecipe) or job.inputs.data is None:
        raise BadInput("A reward run needs its settings and a dataset.", "Make the run again.")
    session.started(resumed_from(session))

    # 1. A language model with a new head that gives one score at the last token.
    seed_everything(session)
    source = resolve_model(recipe.model or job.inputs.model, session.project)
    model, tokenizer = load_scoring_model(
        source, session.device, weights_dtype(session), job.trust_remote_code, head_seed=job.seed
    )
    settle_threads(model)

    # 2. Pairs as tokens: prompt and response in one sequence, the ending included.
    encoder = Encoder(session, recipe, model, tokenizer)
    pairs, counts = encoder.pairs(job.inputs.data, half=recipe.half)
    columns = ["chosen_ids", "rejected_ids", *(["margin"] if recipe.use_margin and counts.margins else [])]
    validation = None
    if job.inputs.validation is not None:
        validation, _ = encoder.pairs(job.inputs.validation, VALIDATION_ROWS)

    # 3. Train, and put what turns raw scores into normalised ones beside each checkpoint's weights.
    trainer = Trainer(
        model=model,
        args=training_arguments(
            RewardConfig,
            session,
            model,
            len(pairs),
            center_rewards_coefficient=recipe.center_rewards_coefficient or None,
            disable_dropout=False,  # the model's own is off already; TRL's switch would take LoRA's too
        ),
        train_dataset=whole_sequences(pairs, columns),
        eval_dataset=None if validation is None else whole_sequences(validation, columns),
        processing_class=tokenizer,
        peft_config=lora_config(recipe, "SEQ_CLS"),
    )
    settings = RewardSettings(max_length=encoder.max_length, append_eos=recipe.append_eos)
    adds = settings.write if session.processes.is_first else None
    if recipe.normalize:
        normalizer = Normalizer(session, trainer.model, tokenizer, settings)
        normalizer.samples()  # before training, where a stop loses nothing
        adds = normalizer.write
    run(trainer, Bridge(session, trainer, len(pairs), adds=adds, validates=validation is not None), session)


def whole_sequences(pairs: Any, columns: list[str]) -> Any:
    """Returns the pairs with the prompt in front of each response, as TRL's reward trainer wants them."""

    def join(batch: dict[str, list[list[int]]]) -> dict[str, list[list[int]]]:
        return {
            name: [prompt + response for prompt, response in zip(batch["prompt_ids"], batch[name], strict=True)]
            for name in ("chosen_ids", "rejected_ids")
        }

    return pairs.map(join, batched=True).select_columns(columns)


class Normalizer:
    """Measures a reward model's scores on samples of the start model, to shift and scale them (1909.08593, section 2.1).

    Args:
        session: its job names the start model and the prompts.
        model, tokenizer: the reward model in training.
        settings: what is stored, but for mean and std.
    """

    def __init__(
        self, session: RunSession, model: Any, tokenizer: PreTrainedTokenizerBase, settings: RewardSettings
    ) -> None:
        self._session, self._model, self._tokenizer, self._settings = session, model, tokenizer, settings
        self._samples: tuple[list[Turns], list[str], list[bool]] | None = None

    def write(self, folder: Path) -> None:
        """Writes reward.json into a checkpoint's folder."""
        prompts, responses, ended = self.samples()
        mean, std = RewardSettings.moments(self._score(prompts, responses, ended))
        if self._session.processes.is_first:
            replace(self._settings, mean=mean, std=std, n_samples=len(prompts)).write(folder)

    def samples(self) -> tuple[list[Turns], list[str], list[bool]]:
        """Returns prompts, the start model's responses, and whether each ended; drawn when first asked for.

        Raises:
            StopRun: the person asked to stop or pause.
        """
        if self._samples is None:
            self._samples = self._draw()
        return self._samples

    def _score(self, prompts: list[Turns], responses: list[str], ended: list[bool]) -> npt.NDArray[np.float64]:
        was_training = self._model.training
        self._model.eval()
        scores = RewardScorer(self._model, self._tokenizer, self._settings).raw_scores(prompts, responses, ended)
        self._model.train(was_training)
        return scores

    def _draw(self) -> tuple[list[Turns], list[str], list[bool]]:
        """Samples the start model; the same on every part of a resumed run, and without training's random state."""
        job, session, recipe = self._session.job, self._session, self._recipe()
        prompts = self._prompts()
        with torch.random.fork_rng():
            source = resolve_model(job.inputs.reference or job.inputs.model, session.project)
            policy, tokenizer = load_policy(source, session.device, session.dtype, job.trust_remote_code)
        length, room = self._lengths(tokenizer, context_length(policy))
        ids = [encode_prompt(prompt, tokenizer, room) for prompt in prompts]
        responses: list[list[int]] = []
        ended: list[bool] = []
        generator = torch.Generator().manual_seed(job.seed)
        for start in range(0, len(ids), _BATCH):
            session.progress("sampling the start model", start, len(ids))
            self._stop_if_asked(start)
            rollout = generate(
                policy,
                ids[start : start + _BATCH],
                max_new_tokens=length,
                temperature=recipe.normalize_temperature or 1.0,
                end_ids=end_token_ids(policy, tokenizer),
                pad_id=tokenizer.pad_token_id,
                generator=generator,
            )
            responses += rollout.response_ids
            ended += rollout.ended
        session.progress("sampling the start model", len(ids), len(ids))
        return prompts, response_texts(tokenizer, ids, responses), ended

    def _stop_if_asked(self, n_sampled: int) -> None:
        """A run that was asked before it began still trains a step, so that it ends with something to go on from."""
        if n_sampled and (request := self._session.stop_requested()) is not None:
            raise StopRun("stopped" if request == "stop" else "paused", self._session.last_step)

    def _lengths(self, tokenizer: PreTrainedTokenizerBase, context: int | None) -> tuple[int, int | None]:
        """Returns the longest response and the longest prompt, in tokens of the start model."""
        length = self._recipe().normalize_length or self._usual_length(tokenizer)
        if context is None:
            return length, None
        length = min(length, context // 2)
        return length, context - length

    def _usual_length(self, tokenizer: PreTrainedTokenizerBase) -> int:
        """Returns the tokens that nine of ten chosen responses do not exceed, their ending included."""
        data = self._session.job.inputs.data
        if data is None:
            raise BadInput("A reward run needs a dataset.", "Make the run again.")
        rows = islice(read_rows(dataset_folder(self._session.project, data), data.split), _MEASURED)
        lengths = sorted(len(encode_response(row.chosen, tokenizer, None)) + 1 for row in rows if row.chosen)
        return lengths[math.ceil(0.9 * len(lengths)) - 1] if lengths else 1

    def _recipe(self) -> RewardRecipe:
        recipe = self._session.job.recipe
        if not isinstance(recipe, RewardRecipe):
            raise BadInput("A reward run needs its settings.", "Make the run again.")
        return recipe

    def _prompts(self) -> list[Turns]:
        inputs, n_samples = self._session.job.inputs, self._recipe().normalize_samples
        data = inputs.prompts or inputs.data
        if data is None:
            raise BadInput("Normalising a reward model needs prompts.", "Set `normalize: false`, or name a dataset.")
        prompts = read_prompts(dataset_folder(self._session.project, data), data.split)
        stride = max(1, len(prompts) // n_samples)  # from all over the dataset: files are often sorted
        return prompts[::stride][:n_samples]
