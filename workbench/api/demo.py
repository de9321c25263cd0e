"""The demo: the main job from data to verdict on the bundled film critic."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import BaseModel

from workbench.api.comparisons import compare_runs
from workbench.api.datasets import import_dataset
from workbench.api.experiments import run_experiment
from workbench.api.results import export_report, write_all_charts
from workbench.api.sample import NAME
from workbench.compare import Comparison
from workbench.data.assets import asset
from workbench.data.film_critic import write_film_critic
from workbench.domain.errors import NotFound
from workbench.domain.experiments import Experiment
from workbench.domain.records import Job
from workbench.storage.folders import appearing
from workbench.storage.project import Project

__all__ = ["DemoResult", "finish_demo", "start_demo"]


class DemoResult(BaseModel):
    """What the demo leaves behind."""

    project: str
    report: str
    charts: list[str]
    comparison: Comparison


def start_demo(folder: Path, *, n_seeds: int = 1, long: bool = False) -> tuple[Project, list[Job]]:
    """Makes the demo project, or opens the one that is there, and queues what it has not done yet.

    Args:
        folder: the project's folder.
        n_seeds: how many times each arm is trained.
        long: PPO turned up until its reward model is fooled.
    """
    project = _open_or_create(folder)
    with _film_critic_files() as files:
        for name in ("corpus", "ratings", "prompts"):
            if name not in project.manifest().datasets:
                import_dataset(project, files / f"{name}.jsonl", name)
        base = project.folder / "models" / "base"
        if not base.exists():
            with appearing(base) as part:
                shutil.copytree(files / "base", part, dirs_exist_ok=True)
    return project, run_experiment(project, _experiment(n_seeds, long=long), base=project.folder)


def finish_demo(project: Project, *, long: bool = False) -> DemoResult:
    """Compares the arms of the demo, or of its long form, and writes charts and report.

    The two share runs and a project; each has files of its own, called by its experiment.
    """
    name = _experiment(1, long=long).name
    comparison = compare_runs(project, experiment=name)
    charts = write_all_charts(comparison, project.exports, name)
    report = export_report(project, project.exports / f"{name}.html", comparison=comparison)[0]
    return DemoResult(
        project=str(project.folder), report=str(report), charts=[str(chart) for chart in charts], comparison=comparison
    )


def _experiment(n_seeds: int, *, long: bool) -> Experiment:
    path = asset("film-critic/long.yaml" if long else "film-critic/experiment.yaml")
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Experiment.parse(raw | {"seeds": list(range(n_seeds))}, where=path.name)


def _open_or_create(folder: Path) -> Project:
    try:
        return Project.open(folder)
    except NotFound:
        return Project.create(folder, NAME)


@contextmanager
def _film_critic_files() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="film-critic-") as folder:
        write_film_critic(Path(folder), seed=0)
        yield Path(folder)
