"""Proximal policy optimisation against a reward model, from the papers: 1707.06347 with the details of 2403.17031.

Read `train` from top to bottom. One update is in `ppo_update`, its formulas are in `policy_gradient`, what it measures
in `ppo_episodes`, its models in `ppo_models`, its prompts and random numbers in `ppo_data`, its checkpoints in
`ppo_state`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workbench.domain.errors import BadInput
from workbench.domain.events import Sample
from workbench.domain.recipes import PpoRecipe, Sampling, auto_learning_rate
from workbench.domain.records import Job
from workbench.storage.checkpoints import Checkpoint, list_checkpoints
from workbench.training.cores import settle_threads
from workbench.training.judging import Answers
from workbench.training.models import context_length, end_token_ids, pad_token_id
from workbench.training.ppo_data import (
    PromptOrder,
    Prompts,
    checkpoint_steps,
    episodes_in_all,
    prompt_tokens,
    read_training_prompts,
    seeded,
    skip,
    updates_in_all,
)
from workbench.training.ppo_models import Models, load_models
from workbench.training.ppo_state import PpoState, is_complete, restore_optimizer, write_checkpoint
from workbench.training.ppo_update import PpoLearner, PpoSettings
from workbench.training.processes import Processes
from workbench.training.rewarding import Rewards
from workbench.training.rollout import Rollout, generate, response_texts
from workbench.training.session import RunSession, StopRun
from workbench.training.text import render_prompt
from workbench.training.vllm_sampler import VllmSampler

_SHOWN = 3  # prompts whose responses are shown while the run goes on
_SHOWINGS = 10  # times in a run


def train(job: Job, session: RunSession) -> None:
    """Trains a policy against the job's reward model; a job with a checkpoint continues from it.

    Raises:
        StopRun: the person asked; a checkpoint was saved.
        WorkbenchError: by name what is wrong with the input or went wrong (`KlDiverged`, `NotANumber`, ...).
    """
    # 1. Models: policy, reference, reward and value, new or from the last checkpoint.
    recipe, processes = _recipe(job), session.processes
    checkpoint = _resumable(session)
    session.started(resumed_from=checkpoint.step if checkpoint is not None else None)
    state = PpoState(kl_coef=recipe.kl_coef) if checkpoint is None else PpoState.read(checkpoint.folder / "resume")
    with session.off_the_clock():  # the training clock starts at the first update
        models = load_models(job, recipe, session, checkpoint)
        settle_threads(models.actors.policy, *(scorer.model for scorer in models.reward.scorers))

        # 2. The plan: prompts, their order, and how many updates the schedule spans.
        run = _Run.prepare(job, recipe, session, models)
        total = updates_in_all(run.n_episodes, recipe.batch_size)
        keep, show = checkpoint_steps(total, recipe.n_checkpoints), checkpoint_steps(total, _SHOWINGS) | {1}
        learner = run.learner(total, processes, state.kl_coef)
        if checkpoint is not None:
            restore_optimizer(checkpoint.folder / "resume", learner.optimizer, session.device)

    session.progress("training", state.step, total)
    spent = session.budget_spent(state.episodes, state.tokens)
    while state.episodes < run.n_episodes and not spent:
        began = time.monotonic()
        # 3. Rollout: the next prompts, one response each, from the policy as it is; each process takes its share.
        rows = run.order.rows(state.episodes, min(recipe.batch_size, run.n_episodes - state.episodes))
        mine = processes.share(rows)
        with learner.autocast():
            rollout = run.sample([run.prompts.ids[row] for row in mine], run.luck(state.step, len(rows), processes))
            # 4. Scores: reward models read text, with their own tokenizers, and so do programs.
            rewards = run.score(mine, rollout)
        # From here on every process has all episodes, so the update is the one that a single process would make.
        rollout, rewards = Rollout.joined(processes.joined(rollout)), Rewards.joined(processes.joined(rewards))
        # 5. The update: KL penalty, advantages, and some passes of clipped steps over the episodes.
        measured = learner.learn(rollout, torch.as_tensor(rewards.total), state.step) | models.reward.metrics(rewards)
        state = state.after(len(rows), _count_tokens(rollout), learner.kl_coef)

        # 6. What happened, for the log.
        pace = _count_tokens(rollout) / (time.monotonic() - began)
        spent = session.budget_spent(state.episodes, state.tokens)
        stop = session.stop_requested()
        saves = state.step in keep or spent or stop is not None
        if saves or state.step % recipe.logging_steps == 0 or state.step == total:
            session.metrics(state.step, measured | {"tokens_per_s": pace}, state.episodes, state.tokens)
        if state.step in show:
            with session.off_the_clock():
                run.show(session, state.step)
        session.progress("training", state.step, total, pace)

        # 7. Checkpoints: where the plan wants one, at the end of the budget, and before a stop.
        if saves:
            run.save(session, learner, state)
        if stop is not None and state.episodes < run.n_episodes and not spent:  # else it is finished anyway
            raise StopRun("stopped" if stop == "stop" else "paused", state.step)


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same from update to update."""

    job: Job
    recipe: PpoRecipe
    models: Models
    prompts: Prompts
    order: PromptOrder
    n_episodes: int
    response_length: int
    temperature: float
    end_ids: tuple[int, ...]
    pad_id: int
    dtype: torch.dtype
    vllm: VllmSampler | None

    @classmethod
    def prepare(cls, job: Job, recipe: PpoRecipe, session: RunSession, models: Models) -> "_Run":
        policy, tokenizer = models.actors.policy, models.tokenizer
        length = recipe.response_length or Sampling().max_new_tokens
        room = prompt_tokens(recipe, length, context_length(policy))
        prompts = read_training_prompts(job, session, tokenizer, room)
        return cls(
            job=job,
            recipe=recipe,
            models=models,
            prompts=prompts,
            order=PromptOrder(len(prompts.ids), job.seed),
            n_episodes=episodes_in_all(job, recipe, prompts.n_pairs),
            response_length=length,
            temperature=recipe.temperature or Sampling().temperature,
            end_ids=end_token_ids(policy, tokenizer),
            pad_id=pad_token_id(tokenizer, policy),
            dtype=session.dtype,
            vllm=VllmSampler.connect(recipe.vllm_server_base_url, session.processes)
            if recipe.sampler == "vllm"
            else None,
        )

    def learner(self, n_updates: int, processes: Processes, kl_coef: float) -> PpoLearner:
        n_parameters = self.models.actors.policy.num_parameters()
        rate = self.recipe.learning_rate or auto_learning_rate(self.recipe.base_learning_rate, n_parameters)
        settings = PpoSettings(
            recipe=self.recipe,
            learning_rate=rate,
            temperature=self.temperature,
            n_updates=n_updates,
            seed=self.job.seed,
            pad_id=self.pad_id,
            dtype=self.dtype,
        )
        learner = PpoLearner(self.models.actors, settings, processes)
        learner.kl_coef = kl_coef
        return learner

    def luck(self, step: int, n_rows: int, processes: Processes) -> torch.Generator:
        """Returns where the random numbers of an update's share of rows come from: all shares draw what one would."""
        generator = seeded(self.job.seed, "rollout", step)
        skip(generator, processes.start(n_rows) * self.response_length)
        return generator

    def sample(self, prompt_ids: Sequence[Sequence[int]], generator: torch.Generator) -> Rollout:
        how: dict[str, Any] = {
            "max_new_tokens": self.response_length,
            "temperature": self.temperature,
            "end_ids": self.end_ids,
            "stop_strings": self.recipe.stop_strings,
            "tokenizer": self.models.tokenizer,
        }
        if self.vllm is not None:
            return self.vllm.generate(self.models.actors.policy, prompt_ids, **how)
        return generate(self.models.actors.policy, prompt_ids, pad_id=self.pad_id, generator=generator, **how)

    def texts(self, rollout: Rollout) -> list[str]:
        return response_texts(self.models.tokenizer, rollout.prompt_ids, rollout.response_ids, self.recipe.stop_strings)

    def score(self, rows: Sequence[int], rollout: Rollout) -> Rewards:
        """Returns what each response is worth, [e] in all and by term."""
        turns = [self.prompts.turns[row] for row in rows]
        rendered = [render_prompt(prompt, self.models.tokenizer) for prompt in turns]
        return self.models.reward(Answers(turns, rendered, self.texts(rollout), rollout.ended))

    def show(self, session: RunSession, step: int) -> None:
        """Says how the policy answers the first prompts, with the same luck every time."""
        rows = range(min(_SHOWN, len(self.prompts.ids)))
        rollout = self.sample([self.prompts.ids[row] for row in rows], seeded(self.job.seed, "samples"))
        scores = self.score(rows, rollout).total.tolist()
        for row, text, score in zip(rows, self.texts(rollout), scores, strict=True):
            prompt = render_prompt(self.prompts.turns[row], self.models.tokenizer)
            session.say(Sample(step=step, prompt=prompt, response=text, scores={"reward": score}))

    def save(self, session: RunSession, learner: PpoLearner, state: PpoState) -> None:
        actors = self.models.actors

        def write(folder: Path) -> None:
            if session.processes.is_first:
                write_checkpoint(folder, actors.policy, self.models.tokenizer, actors.value, learner.optimizer, state)

        session.save_checkpoint(state.step, write, state.episodes, state.tokens)


def _recipe(job: Job) -> PpoRecipe:
    if not isinstance(job.recipe, PpoRecipe):
        raise BadInput(f"The job {job.id} is a {job.method} run.", "PPO takes PPO's settings.")
    return job.recipe


def _resumable(session: RunSession) -> Checkpoint | None:
    """Returns the newest checkpoint that training can go on from; says so where that is not the newest."""
    checkpoints = list_checkpoints(session.folder)
    complete = [item for item in checkpoints if item.resume_folder is not None and is_complete(item.resume_folder)]
    found = complete[-1] if complete else None
    if checkpoints and found is not checkpoints[-1]:
        where = "from the beginning" if found is None else f"from step {found.step}"
        session.warn(
            "resume_state_missing",
            f"What training needs to go on from step {checkpoints[-1].step} is missing; it goes on {where}.",
        )
    return found


def _count_tokens(rollout: Rollout) -> int:
    return sum(map(len, rollout.prompt_ids)) + sum(map(len, rollout.response_ids))
