"""A small project that PPO runs in: real model, real pairs, a reward model with a drawn head."""

from pathlib import Path

import torch

from workbench.data.importing import import_file
from workbench.domain.recipes import PpoRecipe
from workbench.domain.records import DataInput, Inputs, Job
from workbench.storage.files import write_record
from workbench.storage.project import Project
from workbench.training.models import load_scoring_model
from workbench.training.scoring import RewardSettings

N_PAIRS = 60
SMALL = {"batch_size": 4, "total_episodes": 16, "num_ppo_epochs": 2, "num_mini_batches": 2, "response_length": 6}


def make_project(folder: Path, shared: Path) -> Path:
    """Returns a project with the dataset `stories` and a reward model's folder `reward`."""
    project = Project.create(folder).folder
    lines = (shared / "preferences/stories_sentiment/pairs.train.jsonl").read_text().splitlines()[:N_PAIRS]
    source = folder / "pairs.jsonl"
    source.write_text("\n".join(lines))
    import_file(source, project / "datasets/stories", "stories")
    model, tokenizer = load_scoring_model(shared / "models/stories260K", torch.device("cpu"), head_seed=0)
    model.save_pretrained(project / "reward")
    tokenizer.save_pretrained(project / "reward")
    RewardSettings(mean=0.1, std=0.5).write(project / "reward")
    return project


def add_run(
    project: Path,
    shared: Path,
    name: str,
    *,
    seed: int = 3,
    budget: dict[str, int] | None = None,
    model: Path | None = None,
    **recipe: object,
) -> Path:
    """Returns the folder of a new PPO run with small settings and `recipe` on top of them."""
    dataset = Project.open(project).dataset("stories")
    job = Job(
        id=name,
        name=name,
        method="ppo",
        seed=seed,
        recipe=PpoRecipe(**(SMALL | recipe)),
        inputs=Inputs(
            model=str(model or shared / "models/stories260K"),
            reward="./reward",
            data=DataInput(name="stories", sha256=dataset.content_sha256, split="train"),
        ),
        budget=budget or {},
        device="cpu",
    )
    folder = project / "runs" / name
    folder.mkdir(parents=True)
    write_record(folder / "job.json", job)
    return folder
