"""Much of everything: files and run logs as large as a busy year makes them."""

import json
from pathlib import Path

import numpy as np
from evaluated_runs import PaperRuns

from workbench.domain.events import Metrics, Started
from workbench.domain.records import Outcome
from workbench.storage.project import Project


def write_pairs(path: Path, n: int) -> Path:
    """Writes n preference pairs of some 300 bytes."""
    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            pair = {
                "prompt": f"Question number {i}: what do you think of it?",
                "chosen": f"I think that {i} is a good number. " * 4,
                "rejected": f"I do not know {i}. " * 4,
            }
            file.write(json.dumps(pair) + "\n")
    return path


def many_runs(folder: Path, n_runs: int, n_points: int) -> Project:
    """Makes a project of finished, evaluated runs whose logs hold n_points measured steps each."""
    runs = PaperRuns(Project.create(folder), n_prompts=8)
    runs.start()
    rng = np.random.default_rng(0)
    gold = rng.normal(size=(n_runs, 8))
    lines = _log(n_points)
    for number in range(n_runs):
        scores = {n_points: gold[number].tolist()}
        run = runs.arm(f"PPO kl {number / 100:.2f}", scores, method="ppo", outcome=None)
        folder = runs.project.run(run.id).folder
        with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(lines)
        runs.project.run(run.id).write_outcome(Outcome(state="finished", step=n_points))
    return runs.project


def _log(n_points: int) -> list[str]:
    rng = np.random.default_rng(1)
    walks = rng.normal(size=(n_points, 3)).cumsum(0) / 100
    events = [Started(pid=7, device="cpu", device_name="a CPU", precision="fp32", versions={})]
    for step, (score, kl, entropy) in enumerate(walks.tolist(), 1):
        values = {
            "objective/scores": score,
            "objective/kl": abs(kl),
            "objective/entropy": entropy,
            "loss/policy_avg": kl,
        }
        events.append(Metrics(step=step, episodes=64 * step, tokens=2000 * step, seconds=0.4 * step, values=values))
    return [event.model_dump_json() + "\n" for event in events]
