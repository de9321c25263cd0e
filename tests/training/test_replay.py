"""Real runs of every method, done again: on a CPU the numbers and the weights are the same to the last bit."""

from pathlib import Path

import pytest
import torch

from tests.training.ppo_project import SMALL, make_project
from workbench.api import read_replay, replay_run
from workbench.domain.records import RECIPES, DataInput, Inputs, Job, Method
from workbench.storage.project import Project
from workbench.training.worker import Terminations, work_through

FEW = {"batch_size": 4, "max_steps": 3, "n_checkpoints": 1, "learning_rate": 1e-3}
EVALUATED = {"judges": ["length"], "max_new_tokens": 6, "max_prompts": 4}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Project:
    torch.set_num_threads(1)
    return Project(make_project(tmp_path_factory.mktemp("replay") / "p", shared))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # TRL asks for it
@pytest.mark.parametrize(
    ("method", "recipe", "n_files"),
    [("sft", FEW, 1), ("reward", FEW | {"normalize_samples": 4}, 1), ("dpo", FEW, 1), ("ppo", SMALL | {"n_checkpoints": 1}, 1),
     ("evaluate", EVALUATED, 1)],
)  # fmt: skip
def test_the_same_run_gives_the_same_to_the_last_bit(
    project: Project, shared: Path, method: Method, recipe: dict[str, object], n_files: int
) -> None:
    data = DataInput(name="stories", sha256=project.dataset("stories").content_sha256, split="train")
    inputs = Inputs(
        model=str(shared / "models/stories260K"),
        data=None if method == "evaluate" else data,
        prompts=data if method == "evaluate" else None,
        reward="./reward" if method in ("ppo", "evaluate") else None,
    )
    job = Job(id=method, name=method, method=method, seed=3, recipe=RECIPES[method].model_validate(recipe), inputs=inputs,
              device="cpu")  # fmt: skip
    project.add_job(job)
    folder = project.run_folder(method)
    assert work_through(folder, Terminations()) == 0
    told: list[str] = []
    found = replay_run(project, method, on_progress=lambda phase, _step, _total: told.append(phase))
    assert found.is_same, found.sentence
    assert len(found.files) == n_files
    assert sum(metric.n_compared for metric in found.metrics) > 3
    assert read_replay(project, method).found == found
    if method == "dpo":  # the same under another seed is not the same, and that is seen
        (folder / "job.json").write_text((folder / "job.json").read_text().replace('"seed": 3', '"seed": 4'))
        other = replay_run(project, method)
        assert not other.is_same
        assert not other.files[0].is_same
