import shlex
from html import unescape
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.export.conftest import html_of
from workbench import api, cli
from workbench.compare import compare_runs
from workbench.data.assets import asset
from workbench.domain.experiments import Experiment
from workbench.export.report import report_of
from workbench.export.report_html import as_html
from workbench.export.report_setup import Setup, read_setup
from workbench.export.run_again import demo_command, how_to_run_again, import_arguments
from workbench.storage.project import Project

EXPERIMENT = {
    "name": "my stories",
    "model": "/home/ada/models/base",
    "dataset": "pairs",
    "judges": ["/home/ada/judges/mine.py:score", "length"],
    "sampling": {"stop_strings": ["/end"]},
    "arms": [{"name": "dpo", "method": "dpo", "beta": 0.3}],
}


def told(project: Project, *experiments: Experiment) -> str:
    known = {experiment.name: experiment for experiment in experiments}
    return unescape(html_of(*how_to_run_again(Setup([], [], project.datasets(), known))))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a dataset from a file with columns of its own, one row of which was left out."""
    source = tmp_path / "data files" / "pairs of 'us'.csv"
    source.parent.mkdir()
    rows = [f"Say {i},well {i},badly {i}" for i in range(12)]
    source.write_text("\n".join(["question,good one,bad", *rows, "Say it,,"]) + "\n")
    project = Project.create(tmp_path / "mine")
    columns = {"prompt": "question", "chosen": "good one", "rejected": "bad"}
    api.import_dataset(project, source, "pairs", columns=columns, skip_bad=True)
    return project


def test_the_commands_are_what_a_shell_takes(project):
    text = told(project, Experiment.parse(EXPERIMENT, where="test"))
    first = text[text.index("<pre>") + len("<pre>") : text.index("</pre>")]
    assert [shlex.split(line) for line in first.splitlines()] == [
        ["workbench", "new", "again"],
        ["workbench", *import_arguments(project.dataset("pairs"))],
        ["workbench", "run", "again", "my stories.yaml"],
    ]


def test_the_import_gives_the_same_dataset_again(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "data files")
    for command in (["new", "again"], import_arguments(project.dataset("pairs"))):
        assert CliRunner().invoke(cli.app, command).exit_code == 0
    again = Project.open(tmp_path / "data files" / "again").dataset("pairs")
    assert again.content_sha256 == project.dataset("pairs").content_sha256
    assert again.n_skipped == 1


def test_the_experiment_file_is_read_back_the_same_but_for_the_folders(project):
    text = told(project, Experiment.parse(EXPERIMENT, where="test"))
    content = text[text.rindex("<pre>") + len("<pre>") : text.rindex("</pre>")]
    assert Experiment.parse(yaml.safe_load(content), where="again") == Experiment.parse(
        EXPERIMENT | {"model": "base", "judges": ["mine.py:score", "length"]}, where="test"
    )


@pytest.mark.parametrize(
    ("path", "n_seeds", "command"),
    [
        ("film-critic/experiment.yaml", 1, "workbench demo"),
        ("film-critic/experiment.yaml", 3, "workbench demo --seeds 3"),
        ("film-critic/long.yaml", 1, "workbench demo --long"),
    ],
)
def test_the_demo_is_run_again_as_the_demo(project, path, n_seeds, command):
    raw = yaml.safe_load(asset(path).read_text(encoding="utf-8"))
    experiment = Experiment.parse(raw | {"seeds": list(range(n_seeds))}, where=path)
    assert demo_command(experiment) == command
    assert f"<pre>{command}</pre>" in told(project, experiment)


def test_the_demos_file_with_a_change_is_no_longer_the_demo():
    raw = yaml.safe_load(asset("film-critic/experiment.yaml").read_text(encoding="utf-8"))
    assert demo_command(Experiment.parse(raw | {"max_prompts": 10}, where="mine")) is None


def test_without_the_experiments_file_there_is_nothing_to_run_again(runs):
    runs.arm("dpo", {100: [1.0] * 8})
    assert how_to_run_again(read_setup(compare_runs(runs.project), runs.project)) == ()


def test_a_report_names_no_folder_of_the_disk_it_was_made_on(runs, project):
    experiment = Experiment.parse(EXPERIMENT | {"name": "stories"}, where="test")
    with runs.project.edit() as edit:
        edit.change(experiments={"stories": experiment})
    folder = runs.project.dataset_folder("pairs")
    folder.parent.mkdir(exist_ok=True)
    project.dataset_folder("pairs").rename(folder)
    judged = runs.evaluation.model_copy(update={"judges": ("/home/ada/judges/mine.py:score",)})
    runs.arm("dpo", {100: [1.0] * 8}, model="/home/ada/models/base", evaluation=judged)
    page = as_html(report_of(compare_runs(runs.project), runs.project))
    assert "pairs of &#x27;us&#x27;.csv" in page
    assert "mine.py:score" in page
    assert "/home/" not in page
    assert str(runs.project.folder.parent) not in page
