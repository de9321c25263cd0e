"""Best of n from its job to rounds of samples, with a real small model."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from tests.training.test_evaluate import PROMPTS, add_prompts
from workbench.compare.best_of_n import read_best_of_n
from workbench.domain.errors import BadInput
from workbench.domain.events import Metrics
from workbench.domain.metrics import CATALOGUE
from workbench.domain.recipes import BestOfNRecipe
from workbench.domain.records import DataInput, Inputs, Job
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.training.best_of_n import run
from workbench.training.models import load_scoring_model
from workbench.training.scoring import RewardSettings
from workbench.training.session import RunSession, StopRun


@pytest.fixture(scope="module")
def template(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with six prompts and a reward model."""
    torch.set_num_threads(1)
    project = Project.create(tmp_path_factory.mktemp("project") / "p", "p")
    add_prompts(project, PROMPTS)
    for part in load_scoring_model(shared / "models" / "stories260K", torch.device("cpu"), head_seed=0):
        part.save_pretrained(project.folder / "reward")
    RewardSettings(mean=1.0, std=2.0).write(project.folder / "reward")
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(template.folder, tmp_path / "p")))


@pytest.fixture
def job(project: Project, shared: Path) -> Job:
    sha256 = (project.dataset_folder("prompts") / "sha256").read_text()
    inputs = Inputs(
        model=str(shared / "models" / "stories260K"),
        reward="reward",
        prompts=DataInput(name="prompts", sha256=sha256),
    )
    recipe = BestOfNRecipe(n=3, max_new_tokens=8, judges=("vader", "length"))
    return Job(id="b", name="best of 3", method="best_of_n", recipe=recipe, inputs=inputs, device="cpu")


def work(project: Project, job: Job, stops_after: int | None = None) -> None:
    if not project.run_folder(job.id).exists():
        project.add_job(job)
    with RunSession.open(project.run_folder(job.id)) as session:
        if stops_after is not None:
            rounds = project.run_folder(job.id) / "samples"
            session.stop_requested = lambda: "pause" if len(list(rounds.glob("*"))) >= stops_after else None  # type: ignore[method-assign]
        run(job, session)
        assert session.last_step == 3


def texts(project: Project, job: Job) -> list[list[str]]:
    return [
        pq.read_table(project.run_folder(job.id) / f"samples/round-{i}.parquet")["response"].to_pylist()
        for i in (1, 2, 3)
    ]


def test_a_gold_judge_that_is_a_term_of_the_reward_scores_once(project: Project, job: Job) -> None:
    recipe = job.recipe.model_copy(update={"rewards": ("model", "0.5*vader")})
    paid = job.model_copy(
        update={
            "recipe": recipe,
        }
    )
    work(project, paid)
    found = read_best_of_n(project, paid)
    assert found is not None
    assert sorted(found.columns()) == ["gold", "proxy", "score:length", "score:reward model"]


def test_every_round_is_another_response_to_every_prompt_scored_by_all(project: Project, job: Job) -> None:
    work(project, job)
    said = texts(project, job)
    assert [len(one) for one in said] == [len(PROMPTS)] * 3
    assert said[0] != said[1] != said[2]
    found = read_best_of_n(project, job)
    assert found is not None
    assert found.most == 3
    assert found.columns() == ["proxy", "gold", "score:length"]
    assert found.scores("proxy", 3) == pytest.approx(found.proxy.max(axis=1))


def test_its_means_are_logged_round_by_round_under_defined_names(project: Project, job: Job) -> None:
    work(project, job)
    events, _ = RunFolder(project.run_folder("b")).events()
    rounds = [event for event in events if isinstance(event, Metrics)]
    assert [event.step for event in rounds] == [1, 2, 3]
    assert {"eval/gold", "eval/proxy", "eval/length"} <= set(rounds[0].values)
    assert {name for name in rounds[0].values if not name.startswith("eval/score/")} <= set(CATALOGUE)


def test_a_run_that_was_paused_goes_on_with_the_next_round_and_says_the_same(
    project: Project, job: Job, tmp_path: Path
) -> None:
    whole = Project(Path(shutil.copytree(project.folder, tmp_path / "whole")))
    work(whole, job)
    with pytest.raises(StopRun) as stop:
        work(project, job, stops_after=1)
    assert (stop.value.how, stop.value.step) == ("paused", 1)
    assert read_best_of_n(project, job) is None  # one response a prompt is no choice
    first = (project.run_folder("b") / "samples/round-1.parquet").stat().st_mtime_ns
    work(project, job)
    assert (project.run_folder("b") / "samples/round-1.parquet").stat().st_mtime_ns == first
    assert texts(project, job) == texts(whole, job)


def test_without_a_reward_model_nobody_chooses(project: Project, job: Job) -> None:
    alone = job.model_copy(update={"inputs": job.inputs.model_copy(update={"reward": None})})
    with pytest.raises(BadInput, match="names no reward model"):
        work(project, alone)
