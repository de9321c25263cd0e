"""Runs in which a language model judges responses that were sampled: after an evaluation, and apart from it."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from workbench.domain import samples as sampled
from workbench.domain.endpoints import LLM_PREFIX
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.methods import POLICIES
from workbench.domain.recipes import EvaluateRecipe, JudgeRecipe, TrainingRecipe
from workbench.domain.records import Job
from workbench.jobs.drafts import Draft
from workbench.storage.endpoints import find_endpoint
from workbench.storage.project import Project
from workbench.storage.runlog import SAMPLES
from workbench.storage.sources import run_of

_LETTERS_A_TOKEN = 4.0  # of English, with the tokenizers of today
_REPLY_TOKENS = 3
_ASSUMED_LETTERS = 200  # of a prompt, where none was sampled yet


class JudgingCost(NamedTuple):
    """What judging is expected to take.

    Attributes:
        n_questions: that are asked at most, both orders counted; replies that are known already are not asked again.
        tokens_in, tokens_out: of all of them.
        dollars: at the prices that the endpoint states.
        seconds: at its requests a minute, at least.
    """

    n_questions: int
    tokens_in: float
    tokens_out: float
    dollars: float
    seconds: float

    @property
    def tokens_a_question(self) -> float:
        """Tokens of one question, the reply not counted."""
        return self.tokens_in / max(1, self.n_questions)


def is_pairwise(judge: str) -> bool:
    """Says whether a judge compares responses and scores none, so that it judges after the evaluation."""
    return judge.startswith(LLM_PREFIX)


def judgement(
    answers: Job,
    rivals: Job,
    judge: str,
    *,
    last_only: bool = False,
    max_prompts: int | None = None,
) -> Draft:
    """Returns the run in which a judge compares an evaluation's responses with those of the start model's evaluation.

    Args:
        answers, rivals: the two evaluations.
        judge: ``llm:NAME``.
        last_only, max_prompts: see `JudgeRecipe`.

    Raises:
        NotFound: no endpoint of that name is declared on this computer.
    """
    name = judge.removeprefix(LLM_PREFIX)
    declared = find_endpoint(name)
    recipe = JudgeRecipe(
        endpoint=name, url=declared.url, question=declared.question, last_only=last_only, max_prompts=max_prompts
    )
    draft = Draft("judge", f"{answers.name} by {name}", answers.seed, recipe, arm=answers.arm)
    draft.inputs = {"model": answers.inputs.model, "reference": answers.inputs.reference}
    draft.inputs |= {"answers": answers.id, "rivals": rivals.id}
    draft.hashes = {"answers": answers.content_hash, "rivals": rivals.content_hash}
    draft.needs = {answers.id: None, rivals.id: None}
    return draft


def plan_judgement(
    project: Project, run: Job, judge: str, *, last_only: bool = False, max_prompts: int | None = None
) -> Job:
    """Returns the run that judges a policy that was evaluated; the one that is there already where it is the same.

    Args:
        project: whose run.
        run: an sft, dpo or ppo run, or its evaluation.
        judge, last_only, max_prompts: see `judgement`.

    Raises:
        NotFound: no such endpoint, or the run or its start model has no evaluation.
        BadInput: the run is of another kind, or is the start model's own evaluation.
    """
    jobs = list(project.jobs())
    answers = run if run.method == "evaluate" else _evaluation(jobs, run)
    if answers.inputs.model == (answers.inputs.reference or answers.inputs.model):
        raise BadInput(f"`{run.id}` evaluates the start model, which others are compared with.", "Name a trained run.")
    rivals = _start_evaluation(jobs, answers)
    draft = judgement(answers, rivals, judge, last_only=last_only, max_prompts=max_prompts)
    if (existing := next((job for job in jobs if _covers(job, draft)), None)) is not None:
        return existing
    made = draft.job(experiment=answers.experiment, device="cpu", trust_remote_code=False, created=time.time())
    return made.model_copy(update={"arm": answers.arm})


def judging_cost(project: Project, job: Job, jobs: Mapping[str, Job]) -> JudgingCost:
    """Returns what a judging run is expected to cost: of what was sampled already, else of what sampling is set to.

    Args:
        project: whose run.
        job: a judging run, planned or there.
        jobs: the project's and the planned runs, by id.

    Raises:
        NotFound: its endpoint is not declared on this computer.
    """
    recipe = job.recipe
    assert isinstance(recipe, JudgeRecipe)
    endpoint = find_endpoint(recipe.endpoint)
    n_prompts, letters, n_checkpoints = _size(project, job, jobs)
    n = 2 * min(n_prompts, recipe.max_prompts or n_prompts) * (1 if recipe.last_only else n_checkpoints)
    tokens_in = n * (len(recipe.question.template) + letters) / _LETTERS_A_TOKEN
    tokens_out = n * float(_REPLY_TOKENS if recipe.question.max_tokens else 10 * _REPLY_TOKENS)
    seconds = n * 60.0 / endpoint.requests_per_minute
    return JudgingCost(n, tokens_in, tokens_out, endpoint.cost(tokens_in, tokens_out), seconds)


def _covers(job: Job, draft: Draft) -> bool:
    """Says whether a run judges what is planned: the same, or all checkpoints and prompts where fewer are wanted."""
    ours, theirs = job.recipe, draft.recipe
    if not (isinstance(ours, JudgeRecipe) and isinstance(theirs, JudgeRecipe)) or job.input_hashes != draft.hashes:
        return False
    alike = (ours.endpoint, ours.question) == (theirs.endpoint, theirs.question) and ours.url in ("", theirs.url)
    checkpoints = not ours.last_only or theirs.last_only
    return alike and checkpoints and ours.max_prompts in (None, theirs.max_prompts)


def _size(project: Project, job: Job, jobs: Mapping[str, Job]) -> tuple[int, float, int]:
    """Returns prompts, letters of a prompt with both its responses, and checkpoints."""
    folder = project.run_folder(job.inputs.answers or "") / SAMPLES
    if files := sorted(folder.glob("checkpoint-*.parquet")):
        import pyarrow.parquet as pq  # noqa: PLC0415  (the runner plans too, and has nothing to read)

        with pq.ParquetFile(files[-1]) as file:
            table = file.read([sampled.PROMPT, sampled.RESPONSE], use_threads=False)
        prompts, responses = table[sampled.PROMPT].to_pylist(), table[sampled.RESPONSE].to_pylist()
        letters = (sum(map(len, prompts)) + 2 * sum(map(len, responses))) / max(1, len(prompts))
        return len(prompts), letters, len(files)
    evaluation, trained = jobs.get(job.inputs.answers or ""), jobs.get(run_of(job.inputs.model) or "")
    recipe = evaluation.recipe if evaluation else None
    n_checkpoints = trained.recipe.n_checkpoints if trained and isinstance(trained.recipe, TrainingRecipe) else 1
    if evaluation is None or not isinstance(recipe, EvaluateRecipe) or evaluation.inputs.prompts is None:
        return 0, _ASSUMED_LETTERS, n_checkpoints
    data = evaluation.inputs.prompts
    record = project.dataset(data.name)
    n_prompts = record.splits.counts.get(data.split, 0) if data.split else record.n_prompts
    letters = _ASSUMED_LETTERS + 2 * recipe.max_new_tokens * _LETTERS_A_TOKEN
    return min(n_prompts, recipe.max_prompts or n_prompts), letters, n_checkpoints


def _evaluation(jobs: list[Job], run: Job) -> Job:
    found = [job for job in jobs if job.method == "evaluate" and run_of(job.inputs.model) == run.id]
    if run.method not in POLICIES:
        raise BadInput(f"Run `{run.id}` is a {run.method} run, which writes no text.", "Name an sft, dpo or ppo run.")
    if not found:
        raise NotFound(f"Run `{run.id}` was not evaluated yet, so there is nothing to judge.", "Evaluate it first.")
    return found[-1]


def _start_evaluation(jobs: list[Job], answers: Job) -> Job:
    start = answers.inputs.reference
    of_start = [job for job in jobs if job.method == "evaluate" and job.inputs.model == start]
    same = [job for job in of_start if job.inputs.prompts == answers.inputs.prompts]
    alike = [job for job in same if job.seed == answers.seed] or same
    if not alike:
        raise NotFound(
            f"The start model of `{answers.id}` was not evaluated on the same prompts.",
            "Run its experiment again: what is trained already is found, and the evaluation is added.",
        )
    return alike[-1]
