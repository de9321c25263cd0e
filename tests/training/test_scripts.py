"""The scripts for people who leave the program: they run as they stand and give the losses of the run."""

import ast
import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import torch

import workbench
from tests.training.ppo_project import SMALL, make_project
from workbench.domain.errors import AlreadyExists, BadInput
from workbench.domain.events import Metrics
from workbench.domain.records import RECIPES, DataInput, Inputs, Job, Method
from workbench.export.script import write_script
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.training.worker import Terminations, work_through

FEW = {"batch_size": 4, "max_steps": 4, "n_checkpoints": 1, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Project:
    torch.set_num_threads(1)
    return Project(make_project(tmp_path_factory.mktemp("scripts") / "p", shared))


def make_job(project: Project, shared: Path, method: Method, **recipe: object) -> Job:
    data = DataInput(name="stories", sha256=project.dataset("stories").content_sha256, split="train")
    inputs = Inputs(model=str(shared / "models/stories260K"), data=data, reward="./reward" if method == "ppo" else None)
    job = Job(id=method, name=method, method=method, seed=3, recipe=RECIPES[method].model_validate(recipe), inputs=inputs,
              device="cpu", versions={"torch": "2.13.0+cpu", "trl": "1.16.0"})  # fmt: skip
    if not project.run_folder(method).exists():
        project.add_job(job)
    return job


def run_script(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    offline = {"OMP_NUM_THREADS": "1", "PATH": "", "HF_HUB_OFFLINE": "1"} | environment
    return subprocess.run([sys.executable, "-P", str(script)], capture_output=True, text=True, check=False, env=offline)


def without_time(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name != "tokens_per_s"}


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # TRL asks for it
@pytest.mark.parametrize(
    ("method", "more"),
    [("sft", {}), ("reward", {"normalize": False}), ("dpo", {"loss_type": "cdpo", "label_smoothing": 0.1})],
)
def test_the_script_gives_the_losses_of_the_run(
    project: Project, shared: Path, tmp_path: Path, method: Method, more: dict[str, object]
) -> None:
    job = make_job(project, shared, method, **FEW, **more)
    folder = project.run_folder(job.id)
    assert work_through(folder, Terminations()) == 0
    wanted = {event.step: event.values["loss"] for event in RunFolder(folder).events()[0] if isinstance(event, Metrics)}
    names = [path.name for path in write_script(project, job, tmp_path / "left")]
    assert names == ["data.jsonl", "requirements.txt", "train.py"]
    done = run_script(tmp_path / "left/train.py")
    assert done.returncode == 0, done.stderr
    log = json.loads((tmp_path / "left/trained/log.json").read_text())
    losses = {entry["step"]: entry["loss"] for entry in log if "loss" in entry}
    assert losses == pytest.approx({step: loss for step, loss in wanted.items() if step in losses}, abs=2e-4)
    assert len(losses) == 4
    assert (tmp_path / "left/trained/model.safetensors").is_file()


def test_the_script_of_ppo_gives_the_numbers_and_the_weights_of_the_run(
    project: Project, shared: Path, tmp_path: Path
) -> None:
    job = make_job(project, shared, "ppo", **SMALL | {"n_checkpoints": 1, "rewards": ["model", "0.5*length"]})
    folder = project.run_folder(job.id)
    assert work_through(folder, Terminations()) == 0
    wanted = [(event.step, event.values) for event in RunFolder(folder).events()[0] if isinstance(event, Metrics)]
    weights = sha256((list_checkpoints(folder)[-1].folder / "model.safetensors").read_bytes())
    names = [path.name for path in write_script(project, job, tmp_path / "left")]
    assert names == ["data.jsonl", "requirements.txt", "train.py"]
    shutil.rmtree(folder)  # the script stands on its own
    done = run_script(tmp_path / "left/train.py", PYTHONPATH=str(Path(workbench.__file__).parents[1]))
    assert done.returncode == 0, done.stderr
    log = json.loads((tmp_path / "left/trained/log.json").read_text())
    assert [(entry.pop("step"), without_time(entry)) for entry in log] == [
        (step, without_time(values)) for step, values in wanted
    ]
    assert len(log) == 4
    assert sha256((tmp_path / "left/trained/model.safetensors").read_bytes()).digest() == weights.digest()


def test_what_the_reward_of_a_script_names_is_found_from_anywhere(
    project: Project, shared: Path, tmp_path: Path
) -> None:
    terms = ["model", "0.5*reward:./reward", "ensemble:./reward+./other", "2*mine.py:score"]
    shutil.copytree(project.folder / "reward", project.folder / "other", dirs_exist_ok=True)
    job = make_job(project, shared, "ppo", **SMALL | {"rewards": terms})
    script = next(path for path in write_script(project, job, tmp_path / "left") if path.name == "train.py").read_text()
    here = project.folder.resolve()
    for written in (f"0.5*reward:{here}/reward", f"ensemble:{here}/reward+{here}/other", f"2*{here}/mine.py:score"):
        assert repr(written) in script


def test_a_folder_that_holds_something_is_left_alone(project: Project, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match="is not empty"):
        write_script(project, make_job(project, shared, "dpo"), tmp_path)


def test_an_evaluation_is_no_training(project: Project, shared: Path, tmp_path: Path) -> None:
    job = make_job(project, shared, "evaluate")
    with pytest.raises(BadInput, match="trains nothing"):
        write_script(project, job, tmp_path / "left")


def test_names_of_a_project_s_author_are_words_in_a_script_and_no_code(
    project: Project, shared: Path, tmp_path: Path
) -> None:
    job = make_job(project, shared, "ppo", **SMALL)
    hostile = job.model_copy(update={"name": 'a"""\nraise SystemExit("named")\n"""'})
    *_, script = write_script(project, hostile.model_copy(update={"id": hostile.name}), tmp_path / "left")
    (docstring,) = [part for part in ast.parse(script.read_text()).body if isinstance(part, ast.Expr)]
    assert isinstance(docstring.value, ast.Constant)


def test_a_script_whose_data_are_gone_leaves_no_folder(project: Project, shared: Path, tmp_path: Path) -> None:
    job = make_job(project, shared, "dpo")
    assert job.inputs.data is not None
    changed = job.inputs.model_copy(update={"data": job.inputs.data.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(BadInput, match="not those that the run was made for"):
        write_script(project, job.model_copy(update={"inputs": changed}), tmp_path / "left")
    assert list(tmp_path.iterdir()) == []
