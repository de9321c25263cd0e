"""What a run costs besides training: `python tests/benchmarks/around_training.py FOLDER [starts|shares]`.

FOLDER keeps the models of 1.1 million parameters between two calls; they are trained when it is empty (about a minute).
`starts`: seconds by the clock from the moment in which a run is queued to its training, runner included, bound 8 s, with
cold and warm caches. `shares`: checkpoints, samples and logging as shares of the training seconds of a DPO and a PPO run,
bound 3 % together, and of a second DPO run at another beta, which finds what the reference says. It prints Markdown.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "against_trl"))

from workbench.data.importing import import_file
from workbench.domain.events import Metrics, Progress, Started
from workbench.domain.recipes import DpoRecipe, PpoRecipe, TrainingRecipe
from workbench.domain.records import DataInput, Inputs, Job
from workbench.jobs.launch import enqueue, runner_lives
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder

N_PAIRS, N_STEPS, N_EPISODES = 2_000, 125, 512


def models(folder: Path) -> Path:
    """Returns the folder of policy and reward model, made in a process of its own where they are not there."""
    if not (folder / "reward_S" / "config.json").exists():
        subprocess.run([sys.executable, Path(__file__).parent / "against_trl" / "task.py", folder, "S"], check=True)
    for name in ("policy_S", "reward_S"):
        shutil.copytree(folder / "tokenizer", folder / name, dirs_exist_ok=True)
    return folder


def build(folder: Path) -> Project:
    """Makes a project with pairs of the task's grammar."""
    import task  # noqa: PLC0415  (torch and all: the runner's side of a start does without)

    r, tok = random.Random(21), task.tokenizer(Path(sys.argv[1]))
    with (folder / "pairs.jsonl").open("w") as file:
        for _ in range(N_PAIRS):
            text, a, b = task.prompt(r), task.body(r), task.body(r)
            better, worse = sorted((a, b), key=lambda body: -task.gold(body, len(tok(body)["input_ids"])))
            file.write(json.dumps({"prompt": text, "chosen": better, "rejected": worse}) + "\n")
    project = Project.create(folder / "project", "around training")
    import_file(folder / "pairs.jsonl", project.folder / "datasets" / "pairs", "pairs")
    return project


def job(project: Project, name: str, recipe: TrainingRecipe) -> Job:
    """Returns a run of the recipe's method."""
    found = Path(sys.argv[1]).resolve()
    return Job(
        id=name,
        name=name,
        method="ppo" if isinstance(recipe, PpoRecipe) else "dpo",
        seed=1,
        recipe=recipe,
        inputs=Inputs(
            model=str(found / "policy_S"),
            reward=str(found / "reward_S"),
            data=DataInput(name="pairs", sha256=project.dataset("pairs").content_sha256, split="train"),
        ),
        device="cpu",
    )


def start(project: Project, name: str, recipe: TrainingRecipe) -> list[float]:
    """Returns the seconds from queueing a run to its first event, the beginning of training and its first step's end."""
    queued = time.time()
    enqueue(project, [job(project, name, recipe)])
    run = RunFolder(project.run_folder(name))
    while run.outcome() is None or runner_lives(project):
        time.sleep(0.1)
    said = run.events()[0]
    training = [event for event in said if isinstance(event, Progress) and event.phase == "training"]
    firsts = (
        next(event for event in said if isinstance(event, Started)),
        training[0],
        next(event for event in said if isinstance(event, Metrics)),
    )
    return [first.at - queued for first in firsts]


class Meter:
    """Adds up the seconds inside some functions; what is inside two of them counts for the outer one."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inside = 0

    def watch(self, owner: Any, name: str, words: str) -> None:
        """Counts the calls of a method of this process's main thread."""
        method: Callable[..., Any] = getattr(owner, name)

        def measured(*args: Any, **kwargs: Any) -> Any:
            began, self._inside = time.perf_counter(), self._inside + 1
            try:
                return method(*args, **kwargs)
            finally:
                self._inside -= 1
                if not self._inside:
                    self.seconds[words] += time.perf_counter() - began

        setattr(owner, name, measured)


def share(project: Project, name: str, recipe: TrainingRecipe) -> tuple[dict[str, float], float]:
    """Works a run through in this process; returns the shares of what is not training, and the training seconds."""
    from workbench.storage.files import write_record  # noqa: PLC0415
    from workbench.training import ppo, samples, session, worker  # noqa: PLC0415

    meter = Meter()
    for owner, method, words in (
        (session.RunSession, "save_checkpoint", "checkpoints"),
        (session.RunSession, "metrics", "logging"),
        (session.RunSession, "progress", "logging"),
        (session.RunSession, "stop_requested", "logging"),
        (samples.Sampler, "say", "samples"),
        (ppo._Run, "show", "samples"),
    ):
        meter.watch(owner, method, words)
    folder = project.run_folder(name)
    folder.mkdir(parents=True)
    write_record(folder / "job.json", job(project, name, recipe))
    assert worker.work_through(folder, worker.Terminations()) == 0
    seconds = [event.seconds for event in RunFolder(folder).events()[0] if isinstance(event, Metrics)][-1]
    return {words: spent / seconds for words, spent in meter.seconds.items()}, seconds


def shares(project: Project) -> None:
    """Prints the shares of each method, measured in a process of its own."""
    print(
        "| run | training | checkpoints | samples | logging | together, bound 3 % |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    runs = {
        "dpo": DpoRecipe(max_steps=N_STEPS),
        "dpo-again": DpoRecipe(max_steps=N_STEPS, beta=0.3),
        "ppo": PpoRecipe(total_episodes=N_EPISODES),
    }
    for name, recipe in runs.items():
        found, seconds = share(project, name, recipe)
        parts = [found.get(words, 0.0) for words in ("checkpoints", "samples", "logging")]
        print(
            f"| {name} | {seconds:.1f} s | " + " | ".join(f"{part:.1%}" for part in [*parts, sum(parts)]) + " |",
            flush=True,
        )


def main() -> None:
    """Measures what was asked for, else both."""
    models(Path(sys.argv[1]))
    wanted = sys.argv[2:] or ["starts", "shares"]
    with tempfile.TemporaryDirectory() as folder:
        project = build(Path(folder))
        if "starts" in wanted:
            print("| start | first event | trains, bound 8 s | first step done |\n| --- | ---: | ---: | ---: |")
            for method, recipe in (("DPO", DpoRecipe(max_steps=2)), ("PPO", PpoRecipe(total_episodes=64))):
                for again in ("first", "again"):
                    seconds = start(project, f"{method}-{again}", recipe)
                    print(f"| {method}, {again} | " + " | ".join(f"{s:.1f} s" for s in seconds) + " |", flush=True)
        if "shares" in wanted:
            shares(project)


if __name__ == "__main__":
    main()
