"""Best of n: N responses of the start model to each prompt, scored by the reward and by the judges.

Nothing is trained. A round is one response to every prompt; each is a file of its own, so a run that was stopped goes on
with the next round, and what there is of N can be looked at while it runs. Which response is the best of n is worked out
where they are compared (`workbench.compare.best_of_n`).
"""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.data.store import find_content, read_prompts
from workbench.domain import samples as column
from workbench.domain.errors import BadInput
from workbench.domain.events import Metrics
from workbench.domain.pairs import Turns, prompt_key
from workbench.domain.recipes import BestOfNRecipe
from workbench.domain.records import Job
from workbench.storage.project import Project
from workbench.storage.sources import resolve_model
from workbench.training.cores import settle_threads
from workbench.training.device import autocast
from workbench.training.judging import Answers, ScoreColumn
from workbench.training.models import end_token_ids, load_policy, prompt_limit
from workbench.training.rewarding import load_all_judges
from workbench.training.rollout import generate, response_texts
from workbench.training.sample_table import Columns, summarize, write_samples
from workbench.training.session import RunSession, StopRun
from workbench.training.text import encode_prompt, render_prompt, warn_of_plain_text

_STREAM = 0xBE57  # added to the run's seed and multiplied below, so that no random number is used elsewhere
_APART = 1_000_003


def run(job: Job, session: RunSession) -> None:
    """Samples the rounds that are not there yet.

    Raises:
        WorkbenchError: a model, dataset or judge cannot be used.
        StopRun: the person asked; the rounds that are complete stay.
    """
    session.started()
    recipe = job.recipe
    if not isinstance(recipe, BestOfNRecipe) or (recipe.reads_trained_models and not job.inputs.rewards):
        raise BadInput(f"The job {job.id} names no reward model to choose by.", "Plan it again.")
    done = {number for number in range(1, recipe.n + 1) if _file(session.folder, number).is_file()}
    session.last_step = len(done)
    if len(done) >= recipe.n:
        return
    sampler = _Sampler.prepare(job, recipe, session)
    began = time.monotonic()
    for number in (number for number in range(1, recipe.n + 1) if number not in done):
        session.progress("sampling", len(done), recipe.n)
        columns = sampler.round(number)
        about = {"round": str(number), "seed": str(job.seed), "temperature": str(recipe.temperature)}
        write_samples(_file(session.folder, number), columns, about)
        done.add(number)
        session.last_step = len(done)
        session.say(Metrics(step=number, seconds=time.monotonic() - began, values=summarize(columns)))
    session.progress("sampling", len(done), recipe.n)


@dataclass(frozen=True, slots=True)
class _Sampler:
    """The start model, the prompts as it reads them, and who scores."""

    recipe: BestOfNRecipe
    session: RunSession
    policy: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    judges: list[ScoreColumn]
    prompts: list[Turns]
    prompt_ids: list[list[int]]
    rendered: list[str]

    @classmethod
    def prepare(cls, job: Job, recipe: BestOfNRecipe, session: RunSession) -> "_Sampler":
        prompts = _read_prompts(job, recipe, Project(session.project))
        source = resolve_model(job.inputs.model, session.project)
        policy, tokenizer = load_policy(source, device=session.device, trust_remote_code=job.trust_remote_code)
        settle_threads(policy)
        judges = load_all_judges(session, recipe.as_evaluation())
        warn_of_plain_text(prompts, tokenizer, session)
        room = prompt_limit(policy, recipe.max_new_tokens)
        ids = [encode_prompt(prompt, tokenizer, room) for prompt in prompts]
        rendered = [render_prompt(prompt, tokenizer) for prompt in prompts]
        return cls(recipe, session, policy, tokenizer, judges, prompts, ids, rendered)

    def round(self, number: int) -> Columns:
        """Samples and scores one response a prompt, with the round's own stream of random numbers."""
        recipe, pad = self.recipe, self.tokenizer.pad_token_id
        with autocast(self.session.device, self.session.dtype):
            rollout = generate(
                self.policy,
                self.prompt_ids,
                max_new_tokens=recipe.max_new_tokens,
                temperature=recipe.temperature,
                end_ids=end_token_ids(self.policy, self.tokenizer),
                pad_id=int(pad) if isinstance(pad, int) else 0,
                generator=torch.Generator().manual_seed((self.session.job.seed + _STREAM) * _APART + number),
                batch_size=recipe.batch_size,
                stop_strings=recipe.stop_strings,
                tokenizer=self.tokenizer,
                on_step=self._stop_if_asked,
            )
            texts = response_texts(self.tokenizer, rollout.prompt_ids, rollout.response_ids, recipe.stop_strings)
            answers = Answers(self.prompts, self.rendered, texts, rollout.ended)
            scores = {name: score(answers) for name, score in self.judges}
        return {
            column.PROMPT_KEY: [prompt_key(prompt) for prompt in self.prompts],
            column.PROMPT: self.rendered,
            column.RESPONSE: texts,
            column.N_TOKENS: [len(response) for response in rollout.response_ids],
            column.STOP_REASON: [str(reason) for reason in rollout.stop_reasons],
            **scores,
        }

    def _stop_if_asked(self, _responses: list[list[int]]) -> None:
        if (request := self.session.stop_requested()) is not None:
            raise StopRun("paused" if request == "pause" else "stopped", self.session.last_step)


def _file(folder: Path, number: int) -> Path:
    return folder / "samples" / f"{column.ROUND}-{number}.parquet"


def _read_prompts(job: Job, recipe: BestOfNRecipe, project: Project) -> list[Turns]:
    data = job.inputs.prompts
    if data is None:
        raise BadInput("The run names no prompts.", "Give test prompts, or a dataset with a test split.")
    folder = find_content(project.data_folder(data), data.sha256)
    prompts = read_prompts(folder, data.split)[: recipe.max_prompts]
    if len(prompts) < 2:
        raise BadInput(f"There are {len(prompts)} prompts in {data.name}; two at least are needed.", "Import some.")
    return prompts
