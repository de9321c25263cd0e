"""Small projects whose runs were "trained" and evaluated on paper: real files, figures that the test chooses."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.domain import samples as columns
from workbench.domain.events import CheckpointSaved, Evaluated, Event, Metrics, Started
from workbench.domain.pairs import plain, prompt_key
from workbench.domain.recipes import BestOfNRecipe, DpoRecipe, EvaluateRecipe, PpoRecipe
from workbench.domain.records import DataInput, Inputs, Job, Outcome
from workbench.storage.project import Project

BASE = "models/base"
PROMPTS = DataInput(name="prompts", sha256="c0ffee00" * 8)
PAIRS = DataInput(name="pairs", sha256="beef0000" * 8, split="train")
FINISHED = Outcome(state="finished", step=100)
STARTED = Started(pid=1, device="cpu", device_name="a CPU", precision="fp32", versions={"torch": "2.13.0"}, at=1.0)
Score = Callable[[int, np.random.Generator, int], np.ndarray]  # step, random, n -> [n] gold scores


def keys(n: int) -> list[str]:
    """The prompts' keys, in order."""
    return [prompt_key(plain(f"Prompt {i}")) for i in range(n)]


def slug(name: str) -> str:
    """A run's folder takes letters, digits, dots and dashes."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")


def write_samples(path: Path, gold: Sequence[float | None], **others: Any) -> None:
    """Writes one checkpoint's samples, one response a prompt unless `prompt_key` says otherwise."""
    n = len(gold)
    table = {
        columns.PROMPT_KEY: keys(n),
        columns.PROMPT: [f"Prompt {i}" for i in range(n)],
        columns.RESPONSE: [f" response {i}" for i in range(n)],
        columns.N_TOKENS: [10] * n,
        columns.STOP_REASON: ["eos"] * n,
        columns.GOLD: gold,
        columns.KL: [0.0] * n,
        columns.KL_K1: [0.0] * n,
        columns.KL_K3: [0.0] * n,
    } | others
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(table), path)


@dataclass
class PaperRuns:
    """Adds runs to a project.

    Attributes:
        project: where they go.
        n_prompts: test prompts.
        evaluation: the settings of every evaluation.
    """

    project: Project
    n_prompts: int = 40
    evaluation: EvaluateRecipe = field(default_factory=lambda: EvaluateRecipe(judges=("vader",)))
    created: float = 1000.0

    def start(self, gold: Sequence[float | None] | None = None, seed: int = 0, model: str = BASE, **others: Any) -> Job:
        """Adds the start model's evaluation."""
        which = "reference" if model == BASE else slug(model)
        job = self._job("evaluate", f"eval-{which}-s{seed}", self.evaluation, Inputs(
            model=model, reference=model, prompts=PROMPTS), seed=seed, name="reference")  # fmt: skip
        scores = gold if gold is not None else np.zeros(self.n_prompts).tolist()
        self._sampled(job, {0: (scores, others)})
        return job

    def arm(
        self,
        name: str,
        points: dict[int, Sequence[float | None]],
        *,
        seed: int = 0,
        method: str = "dpo",
        others: dict[int, dict[str, Any]] | None = None,
        recipe: PpoRecipe | DpoRecipe | None = None,
        evaluation: EvaluateRecipe | None = None,
        prompts: DataInput = PROMPTS,
        outcome: Outcome | None = FINISHED,
        model: str = BASE,
        reward: str | None = None,
        judged_by: str | None = None,
        events: Sequence[Event] = (),
    ) -> Job:
        """Adds a training run and the evaluation of its checkpoints: gold scores by step, proxy ones by `judged_by`."""
        settings = recipe or (PpoRecipe() if method == "ppo" else DpoRecipe())
        inputs = Inputs(model=model, reference=model, reward=reward, data=PAIRS)
        run = self._job(method, f"{slug(name)}-s{seed}", settings, inputs, seed=seed, arm=name, name=name)
        folder = self.project.run(run.id)
        for event in (STARTED, *events):
            folder.append(event)
        for step in points:
            folder.append(
                Metrics(step=step, episodes=8 * step, tokens=80 * step, seconds=step / 2, values={"loss": 1.0})
            )
            folder.append(CheckpointSaved(step=step, folder=f"checkpoints/checkpoint-{step}", episodes=8 * step,
                                          tokens=80 * step, seconds=step / 2))  # fmt: skip
        if outcome:
            folder.write_outcome(outcome)
        if points:
            inputs = Inputs(model=f"run:{run.id}", reference=model, reward=judged_by, prompts=prompts)
            job = self._job("evaluate", f"eval-{run.id}", evaluation or self.evaluation, inputs, seed=seed, arm=name,
                            name=name)  # fmt: skip
            self._sampled(job, {step: (gold, (others or {}).get(step, {})) for step, gold in points.items()})
        return run

    def best_of_n(self, proxy: np.ndarray, gold: np.ndarray, seed: int = 0, model: str = BASE) -> Job:
        """Adds best of n: the scores of each prompt's responses, [p x n] both."""
        n = proxy.shape[1]
        recipe = BestOfNRecipe(n=max(2, n), judges=("vader",))
        inputs = Inputs(model=model, reference=model, reward="run:reward", prompts=PROMPTS)
        job = self._job("best_of_n", f"best-of-{n}-s{seed}", recipe, inputs, seed=seed, name=f"best of {n}")
        for i in range(n):
            path = self.project.run_folder(job.id) / f"samples/round-{i + 1}.parquet"
            write_samples(path, gold[:, i].tolist(), **{columns.PROXY: proxy[:, i].tolist()})
        self.project.run(job.id).write_outcome(Outcome(state="finished"))
        return job

    def _job(self, method: str, run_id: str, recipe: Any, inputs: Inputs, **values: Any) -> Job:
        self.created += 1
        job = Job(id=run_id, method=method, recipe=recipe, inputs=inputs, created=self.created, experiment="stories",
                  **values)  # fmt: skip
        self.project.add_job(job)
        return job

    def _sampled(self, job: Job, points: dict[int, tuple[Sequence[float | None], dict[str, Any]]]) -> None:
        run = self.project.run(job.id)
        for step, (gold, others) in points.items():
            name = f"samples/checkpoint-{step}.parquet"
            write_samples(run.folder / name, gold, **others)
            run.append(Evaluated(step=step, samples=name, values={}))
        run.write_outcome(Outcome(state="finished"))


def realistic(folder: Path, seeds: Sequence[int] = (0, 1, 2), n_prompts: int = 120, steps: int = 6) -> Project:
    """Makes a project like one of the film critic: PPO that over-optimises, and DPO at two betas."""
    runs = PaperRuns(Project.create(folder, "stories"), n_prompts)
    for seed in seeds:
        random = np.random.default_rng(seed)
        ease = np.random.default_rng(99).normal(0, 0.3, n_prompts)  # some prompts are easier, under every seed
        texts = _texts(n_prompts)

        def scored(gold: float, proxy: float, kl: float, length: float = 24.0) -> tuple[list[float], dict[str, Any]]:
            noise, more = random.normal(0, 0.5, n_prompts), random.normal(0, 0.6, n_prompts)  # noqa: B023
            kls = np.maximum(0.0, random.gamma(4, kl / 4, n_prompts)) if kl else np.zeros(n_prompts)  # noqa: B023
            return (gold + ease + noise).tolist(), {  # noqa: B023
                columns.PROXY: (proxy + ease + 0.6 * noise + more).tolist(),  # noqa: B023
                columns.KL: kls.tolist(),
                columns.KL_K1: (kls + random.normal(0, 0.5, n_prompts)).tolist(),  # noqa: B023
                columns.N_TOKENS: np.maximum(1, random.poisson(length, n_prompts)).tolist(),  # noqa: B023
                columns.RESPONSE: texts,  # noqa: B023
            }

        shift = random.normal(0, 0.06)
        gold, others = scored(0.0, 0.0, 0.0)
        runs.start(gold, seed, **others)
        for name, method, recipe in (
            ("PPO", "ppo", PpoRecipe(kl_coef=0.02)),
            ("DPO β=0.1", "dpo", DpoRecipe(beta=0.1)),
            ("DPO β=0.03", "dpo", DpoRecipe(beta=0.03)),
        ):
            points, more = {}, {}
            for i in range(1, steps + 1):
                at, (t) = 50 * i, i / steps
                if method == "ppo":
                    kl, goldness, proxy = 16 * t, 2.6 * t - 2.5 * t * t + shift, 3.2 * t**0.7
                else:
                    strength = 1.0 if recipe.beta < 0.1 else 0.75
                    kl, goldness, proxy = 11 * t * strength, 0.9 * strength * t**0.6 + shift, 1.3 * strength * t**0.6
                points[at], more[at] = scored(goldness, proxy, kl, 24 + 10 * t)
            runs.arm(name, points, seed=seed, method=method, others=more, recipe=recipe)
    return runs.project


def over_optimised(runs: PaperRuns) -> None:
    """Adds a PPO whose gold follows Gao's form with alpha 2 and beta 1, which turns at √KL = e; its proxy goes on."""
    runs.n_prompts = n = 200
    random = np.random.default_rng(0)
    start = random.normal(0, 1, n)
    runs.start(start.tolist(), **{columns.PROXY: start.tolist()})
    points, others = {}, {}
    for at, d in enumerate(np.linspace(0.7, 5, 8), 1):
        gold = start + d * (2 - np.log(d)) * start.std(ddof=1) + random.normal(0, 0.3, n)
        points[10 * at] = gold.tolist()
        others[10 * at] = {
            columns.PROXY: (start + 2 * d).tolist(),
            columns.KL: [float(d * d)] * n,
            columns.KL_K1: [float(d * d)] * n,
        }
    runs.arm("ppo", points, method="ppo", others=others)


def _texts(n: int) -> list[str]:
    told = [
        " the lead carries every scene .",
        " slow to start , yet moving .",
        " <b>perhaps</b> a fine & truly fine film .",
    ]
    return [told[i % len(told)] for i in range(n)]
