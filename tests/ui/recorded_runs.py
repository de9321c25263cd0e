"""A project in the middle of its work: recorded logs of runs that finished, work, wait and failed."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluated_runs import realistic

from workbench.domain.events import CheckpointSaved, Failed, Metrics, Progress, Sample, Started, Warned
from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe
from workbench.domain.records import Inputs, Job, Outcome
from workbench.jobs import launch
from workbench.storage.liveness import lock_for_worker
from workbench.storage.project import Project

WORKING, FAILED, FIRST, SECOND, THIRD = "ppo-new-s0", "reward-new-s1", "dpo-b-s0", "dpo-c-s0", "dpo-d-s0"


def busy(folder: Path, n_steps: int = 120) -> Project:
    """Adds a second experiment to the evaluated one: PPO works, three DPO arms wait, a reward model failed."""
    project = realistic(folder, seeds=(0,), n_prompts=12, steps=3)
    _add(project, FAILED, "reward", "reward", RewardRecipe(), seed=1)
    _add(project, WORKING, "ppo", "PPO kl 0.02", PpoRecipe(kl_coef=0.02, learning_rate=3e-5))
    waiting = [_add(project, run, "dpo", f"DPO beta {beta}", DpoRecipe(beta=beta))
               for run, beta in ((FIRST, 0.05), (SECOND, 0.1), (THIRD, 0.3))]  # fmt: skip
    _fail(project)
    launch.enqueue(project, [project.job(WORKING), *waiting], wake=False)
    say_steps(project, WORKING, 1, n_steps)
    return project


@contextmanager
def at_work(project: Project, run_id: str) -> Iterator[None]:
    """Holds a run's lock as its worker would."""
    descriptor = lock_for_worker(project.run(run_id), "cpu")
    assert descriptor is not None
    yield
    os.close(descriptor)


def say_steps(project: Project, run_id: str, first: int, last: int, total: int = 200) -> None:
    """Writes what a PPO run says on its way from one step to another."""
    run = project.run(run_id)
    if first == 1:
        run.append(Started(pid=7, device="cpu", device_name="a CPU", precision="fp32", versions={}))
    for step in range(first, last + 1):
        run.append(Metrics(step=step, episodes=64 * step, seconds=0.4 * step, values=_measured(step)))
        if step % 40 == 0:
            for prompt in ("The film opens on", "<b>What</b> did the critics say?"):
                score = 0.02 * step - 1
                run.append(Sample(step=step, prompt=prompt, response=f" a slow, <i>moving</i> scene at {step} .",
                                  scores={"proxy": score}))  # fmt: skip
            run.append(CheckpointSaved(step=step, folder=f"checkpoints/checkpoint-{step}", seconds=0.4 * step))
    run.append(
        Progress(phase="training", step=last, total=total, rate=2.5, left_s=(total - last) / 2.5, tokens_per_s=4100)
    )


def _measured(step: int) -> dict[str, float]:
    wave = 0.12 * math.sin(1.7 * step) + 0.06 * math.sin(5.1 * step)
    return {
        "loss/policy_avg": -0.01 + 0.02 * wave,
        "loss/value_avg": 0.8 / (1 + step / 30) + 0.2 * abs(wave),
        "objective/scores": 2 * (1 - math.exp(-step / 60)) + wave,
        "objective/kl": 9 * (1 - math.exp(-step / 90)) + wave,
        "objective/entropy": 60 - step / 10 + wave,
        "learning_rate": 3e-5 * (1 - step / 200),
    }


def _fail(project: Project) -> None:
    run = project.run(FAILED)
    run.append(Warned(code="cut", message="2 % of the pairs were cut at 1,024 tokens."))
    run.append(Failed(code="nan_loss", message="The loss became NaN at step 3.", hint="Lower the learning rate."))
    lines = [f"step {step} loss {1 / step:.3f}" for step in range(1, 200)]
    (run.folder / "worker.log").write_text("\n".join([*lines, "NotANumber: the loss became NaN", ""]))
    run.write_outcome(Outcome(state="failed", step=3, code="nan_loss", message="The loss became NaN at step 3.",
                              hint="Lower the learning rate.", log_tail="\n".join(lines[-5:])))  # fmt: skip


def _add(project: Project, run_id: str, method: str, name: str, recipe: object, seed: int = 0) -> Job:
    arm = name if method in ("ppo", "dpo") else None
    job = Job(id=run_id, name=name, method=method, experiment="betas", arm=arm, seed=seed, recipe=recipe,
              inputs=Inputs(model="models/base", reference="models/base"))  # fmt: skip
    project.add_job(job)
    return job
