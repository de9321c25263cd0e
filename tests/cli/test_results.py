"""What compare and export print and write."""

import json
from pathlib import Path

import pytest
from evaluated_runs import realistic
from typer.testing import CliRunner, Result

from workbench import cli


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PPO and two DPO arms with one seed, and an experiment that knows one of them by another name."""
    project = realistic(tmp_path_factory.mktemp("cli") / "p", seeds=(0,), n_prompts=12, steps=2)
    run = next(job.id for job in project.jobs() if job.method == "ppo")
    with project.edit() as edit:
        edit.change(runs={"soft": {run: "soft PPO", f"eval-{run}": "soft PPO", "eval-reference-s0": "reference"}})
    return project.folder


def run(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def test_the_table_fits_into_100_columns(project: Path) -> None:
    table = run("compare", project).output.partition("Under each figure")[0]
    assert max(len(line.rstrip()) for line in table.splitlines()) <= 100
    assert [word in table.splitlines()[0] for word in ("gold", "proxy", "KL, nats", "win rate, %")] == [True] * 4


def test_each_interval_stands_under_its_figure(project: Path) -> None:
    compared = json.loads(run("compare", project, "--json").output)
    dpo = next(arm for arm in compared["arms"] if arm["method"] == "dpo")
    lines = run("compare", project).output.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(dpo["name"]))
    assert f"{dpo['kl']['mean']:.2f}" in lines[at]
    assert f"[{dpo['kl']['low']:.2f}, {dpo['kl']['high']:.2f}]" in lines[at + 1]


def test_one_experiment_is_compared_under_its_own_names(project: Path) -> None:
    compared = json.loads(run("compare", project, "--experiment", "soft", "--json").output)
    assert [arm["name"] for arm in compared["arms"]] == ["reference", "soft PPO"]


def test_the_report_of_one_experiment_leaves_the_others_out(project: Path, tmp_path: Path) -> None:
    run("export", project, "--out", tmp_path / "soft.html", "--experiment", "soft")
    page = (tmp_path / "soft.html").read_text(encoding="utf-8")
    assert "soft PPO" in page
    assert "DPO β=0.1" not in page


def test_an_unknown_experiment_is_refused(project: Path) -> None:
    done = CliRunner().invoke(cli.app, ["compare", str(project), "--experiment", "sofd"])
    assert done.exit_code != 0
