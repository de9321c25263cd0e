"""Evaluation: sample from each checkpoint on the same prompts, measure its KL to the start model, and let the judges score.

Every arm is treated alike: the same held-out prompts in the same order, the same temperature, length limit and ending
rule, the same stream of random numbers (so that differences between arms are not luck), KL on each policy's own samples.
What the samples say is data: a policy that says nothing or has left the reference far behind is written down as it is.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.data.store import find_content, read_prompts
from workbench.domain import samples as column
from workbench.domain.errors import BadInput
from workbench.domain.events import Evaluated
from workbench.domain.pairs import Turns, prompt_key
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.storage.sources import resolve_model
from workbench.training.cores import SideBySide, settle_threads
from workbench.training.device import autocast
from workbench.training.judging import Answers, ScoreColumn
from workbench.training.kl import sequence_statistics
from workbench.training.models import end_token_ids, load_policy, prompt_limit
from workbench.training.rewarding import load_all_judges
from workbench.training.rollout import Rollout, generate, response_texts
from workbench.training.sample_table import summarize, write_samples
from workbench.training.session import RunSession, StopRun
from workbench.training.targets import GOLD, VALIDATION_GOLD, Target, evaluation_targets
from workbench.training.text import encode_prompt, render_prompt, warn_of_plain_text

# Added to the run's seed, so that evaluation does not reuse the random numbers of training, nor validation those of testing.
_STREAM, _VALIDATION_STREAM = 0x5EED, 0xC405E


@dataclass(frozen=True, slots=True)
class _Policy:
    """A model with its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


@dataclass(slots=True)
class _Prompts:
    """Prompts of one purpose.

    Attributes:
        turns: the prompts.
        stream: added to the run's seed for its random numbers.
        ids: their tokens, once they are needed; the checkpoints of a run have one tokenizer.
    """

    turns: list[Turns]
    stream: int
    ids: list[list[int]] | None = None

    def __len__(self) -> int:
        return len(self.turns)


@dataclass(slots=True)
class _Samples:
    """What is known of the responses so far, one value for each prompt, by the columns of `domain.samples`."""

    columns: dict[str, list[str] | list[int] | list[float]] = field(default_factory=dict)
    kl_tokens: list[NDArray[np.float32]] = field(default_factory=list)

    def extend(self, name: str, values: list[str] | list[int] | list[float]) -> None:
        self.columns.setdefault(name, []).extend(values)  # type: ignore[arg-type]


def run(job: Job, session: RunSession) -> None:
    """Evaluates the checkpoints that `job` asks for, in order of their steps, except those that are done already.

    Raises:
        WorkbenchError: a model, dataset or judge cannot be used.
        StopRun: the person asked; the checkpoint that was being sampled is begun again next time.
    """
    session.started()
    _Evaluation(job, session).run()


class _Evaluation:
    """One evaluation run: what all its checkpoints share."""

    def __init__(self, job: Job, session: RunSession) -> None:
        if not isinstance(job.recipe, EvaluateRecipe):
            raise BadInput(f"The job {job.id} is not an evaluation.")
        self.job, self.session, self.recipe = job, session, job.recipe
        self.project = Project(session.project)
        self.test = _Prompts(self._read_prompts(), _STREAM)
        self.validation = _Prompts(self._read_validation(), _VALIDATION_STREAM)
        self.at_once = SideBySide(session.device)
        self.load = partial(load_policy, device=session.device, trust_remote_code=job.trust_remote_code)

    def run(self) -> None:
        # 1. What is asked for and not done yet.
        targets = evaluation_targets(self.job, self.project)
        done = self._done()
        self.session.last_step = max(done, default=0)
        if done.issuperset(target.step for target in targets):
            return
        # 2. What all of them are measured against.
        reference_name = self.job.inputs.reference or self.job.inputs.model
        reference_source = resolve_model(reference_name, self.project.folder)
        reference = _Policy(*self.load(reference_source))
        settle_threads(reference.model)
        judges = load_all_judges(self.session, self.recipe)
        warn_of_plain_text(self.test.turns, reference.tokenizer, self.session)
        # 3. One checkpoint after another; the start model is the reference itself.
        for place, target in enumerate(targets):
            if target.step in done:
                continue
            same = target.source == reference_source
            policy = reference if same else _Policy(*self.load(target.source))
            _check_vocabulary(policy, reference)
            self._evaluate(target, policy, reference, judges, place, len(targets))

    def _read_prompts(self) -> list[Turns]:
        data = self.job.inputs.prompts
        if data is None:
            raise BadInput("The evaluation names no prompts.", "Give test prompts, or a dataset with a test split.")
        folder = find_content(self.project.data_folder(data), data.sha256)
        prompts = read_prompts(folder, data.split)[: self.recipe.max_prompts]
        if not prompts:
            part = f"the {data.split} split of " if data.split else ""
            raise BadInput(f"There are no prompts in {part}the dataset {data.name}.", "Import some, or change splits.")
        return prompts

    def _read_validation(self) -> list[Turns]:
        """Returns the prompts that choose checkpoints; one that is a test prompt too chooses nothing."""
        data, tested = self.job.inputs.validation, self.job.inputs.prompts
        if data is None or tested is None:
            return []
        folder = find_content(self.project.data_folder(data), data.sha256)
        test_folder = find_content(self.project.data_folder(tested), tested.sha256)
        keys = {prompt_key(prompt) for prompt in read_prompts(test_folder, tested.split)}
        prompts = [prompt for prompt in read_prompts(folder, data.split) if prompt_key(prompt) not in keys]
        if not prompts:
            self.session.warn(
                "no_validation", "All validation prompts are test prompts too: they choose no checkpoint."
            )
        return prompts[: self.recipe.max_validation_prompts]

    def _done(self) -> set[int]:
        events, _ = RunFolder(self.session.folder).events()
        said = [event for event in events if isinstance(event, Evaluated)]
        return {event.step for event in said if (self.session.folder / event.samples).is_file()}

    def _evaluate(
        self,
        target: Target,
        policy: _Policy,
        reference: _Policy,
        judges: list[ScoreColumn],
        place: int,
        n_targets: int,
    ) -> None:
        """Samples, measures and judges one checkpoint, then writes its samples and says what they come to.

        The validation prompts come first: a file of test samples means that the checkpoint is done.
        """
        each = len(self.validation) + len(self.test)
        before, total = each * place, each * n_targets
        chosen_by = self._ask(self.validation, target, policy, reference, judges, before, total)
        samples = self._ask(self.test, target, policy, reference, judges, before + len(self.validation), total)
        about = {"step": str(target.step), "seed": str(self.job.seed), "temperature": str(self.recipe.temperature)}
        if len(self.validation):
            write_samples(self.session.folder / target.validation_samples, chosen_by.columns, about)
        write_samples(self.session.folder / target.samples, samples.columns, about, samples.kl_tokens)
        values = summarize(samples.columns)
        if len(self.validation) and GOLD in (validated := summarize(chosen_by.columns)):
            values[VALIDATION_GOLD] = validated[GOLD]
        self._warn_of_kl(values, target)
        self.session.say(Evaluated(step=target.step, samples=target.samples, values=values))
        self.session.last_step = target.step

    def _ask(
        self,
        prompts: _Prompts,
        target: Target,
        policy: _Policy,
        reference: _Policy,
        judges: list[ScoreColumn],
        before: int,
        total: int,
    ) -> _Samples:
        """Samples from one checkpoint, measures and judges; `before` of `total` responses are there already."""
        samples = _Samples()
        phase = f"evaluating checkpoint-{target.step}"
        if prompts.ids is None:
            prompts.ids = self._encode(policy, prompts.turns)
        generator = torch.Generator().manual_seed(self.job.seed + prompts.stream)
        with autocast(self.session.device, self.session.dtype):
            for rows in _batches(len(prompts), self.recipe.batch_size):
                self.session.progress(phase, before + rows.start, total)
                self._stop_if_asked(target)
                rollout = self._sample(policy, prompts.ids[rows], generator)
                self._measure(samples, policy, reference, rollout)
                self._judge(samples, policy, rollout, prompts.turns[rows], judges)
        self.session.progress(phase, before + len(prompts), total)
        return samples

    def _encode(self, policy: _Policy, prompts: list[Turns]) -> list[list[int]]:
        room = prompt_limit(policy.model, self.recipe.max_new_tokens)
        ids = [encode_prompt(prompt, policy.tokenizer) for prompt in prompts]
        cut = [i for i, prompt in enumerate(ids) if room is not None and len(prompt) > room]
        for i in cut:
            ids[i] = encode_prompt(prompts[i], policy.tokenizer, room)
        if cut:
            self.session.warn("prompts_cut", f"{len(cut)} of {len(ids)} prompts lost their beginning to fit the model.")
        return ids

    def _sample(self, policy: _Policy, prompt_ids: list[list[int]], generator: torch.Generator) -> Rollout:
        return generate(
            policy.model,
            prompt_ids,
            max_new_tokens=self.recipe.max_new_tokens,
            temperature=self.recipe.temperature,
            end_ids=end_token_ids(policy.model, policy.tokenizer),
            pad_id=_pad_id(policy),
            generator=generator,
            batch_size=self.recipe.batch_size,
            stop_strings=self.recipe.stop_strings,
            tokenizer=policy.tokenizer,
        )

    def _measure(self, samples: _Samples, policy: _Policy, reference: _Policy, rollout: Rollout) -> None:
        statistics = sequence_statistics(
            policy.model,
            reference.model,
            rollout.prompt_ids,
            rollout.response_ids,
            self.recipe.temperature,
            _pad_id(policy),
            self.recipe.batch_size,
            self.at_once,
        )
        samples.extend(column.N_TOKENS, statistics.n_tokens.tolist())
        samples.extend(column.STOP_REASON, [str(reason) for reason in rollout.stop_reasons])
        samples.extend(column.LOGP_POLICY, statistics.logp_policy.tolist())
        samples.extend(column.LOGP_REFERENCE, statistics.logp_reference.tolist())
        samples.extend(column.KL, statistics.kl.tolist())
        samples.extend(column.KL_K1, statistics.kl_k1.tolist())
        samples.extend(column.KL_K3, statistics.kl_k3.tolist())
        samples.extend(column.ENTROPY, statistics.entropy.tolist())
        samples.kl_tokens += statistics.kl_tokens

    def _judge(
        self, samples: _Samples, policy: _Policy, rollout: Rollout, prompts: list[Turns], judges: list[ScoreColumn]
    ) -> None:
        texts = response_texts(policy.tokenizer, rollout.prompt_ids, rollout.response_ids, self.recipe.stop_strings)
        rendered = [render_prompt(prompt, policy.tokenizer) for prompt in prompts]
        answers = Answers(prompts, rendered, texts, rollout.ended)
        samples.extend(column.PROMPT_KEY, [prompt_key(prompt) for prompt in prompts])
        samples.extend(column.PROMPT, rendered)
        samples.extend(column.RESPONSE, texts)
        for name, score in judges:
            samples.extend(name, score(answers))

    def _stop_if_asked(self, target: Target) -> None:
        if (request := self.session.stop_requested()) is not None:
            raise StopRun("paused" if request == "pause" else "stopped", target.step)

    def _warn_of_kl(self, values: dict[str, float], target: Target) -> None:
        if not math.isfinite(values.get("eval/kl", math.nan)):
            self.session.warn(
                "kl_not_finite", f"The KL of checkpoint {target.step} is not a number; its samples are kept."
            )


def _batches(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _pad_id(policy: _Policy) -> int:
    pad = policy.tokenizer.pad_token_id
    return int(pad) if isinstance(pad, int) else 0


def _check_vocabulary(policy: _Policy, reference: _Policy) -> None:
    sizes = [item.model.config.get_text_config().vocab_size for item in (policy, reference)]
    if sizes[0] != sizes[1]:
        raise BadInput(
            f"The policy has {sizes[0]} tokens and the reference {sizes[1]}: no KL between them is defined.",
            "Name the model that training started from as the reference.",
        )
