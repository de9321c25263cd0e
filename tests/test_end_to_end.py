"""The main job on real models and data, through the command line, from files to a report."""

from pathlib import Path

import pytest
import yaml
from commands import first_lines, workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def project(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished small experiment on stories: PPO and DPO, one seed, a few steps each."""
    folder = tmp_path_factory.mktemp("stories")
    data = shared / "preferences" / "stories_sentiment"
    workbench("new", folder / "project")
    pairs = first_lines(data / "pairs.train.jsonl", folder / "pairs.jsonl", 96)
    prompts = first_lines(data / "prompts.test.jsonl", folder / "prompts.jsonl", 12)
    workbench("import", folder / "project", pairs, "--name", "stories")
    workbench("import", folder / "project", prompts, "--name", "prompts")
    experiment = {
        "name": "small",
        "model": str(shared / "models" / "stories260K"),
        "dataset": "stories",
        "test_prompts": "prompts",
        "judges": ["vader", "length"],
        "preset": "quick",
        "sampling": {"max_new_tokens": 16},
        "reward": {"max_steps": 2, "normalize_samples": 16},
        "arms": [
            {"name": "ppo", "method": "ppo", "batch_size": 16, "total_episodes": 32},
            {"name": "dpo", "method": "dpo", "max_steps": 2},
        ],
    }
    (folder / "small.yaml").write_text(yaml.safe_dump(experiment))
    runs = workbench("run", folder / "project", folder / "small.yaml")["runs"]
    assert {run["state"] for run in runs} == {"finished"}
    return folder / "project"


def test_an_experiment_becomes_one_run_a_stage_and_an_evaluation_an_arm(project: Path) -> None:
    runs = workbench("show", project)["runs"]
    assert sorted(run["method"] for run in runs) == ["dpo", "evaluate", "evaluate", "evaluate", "ppo", "reward"]
    assert all(run["step"] == run["total"] > 0 for run in runs)


def test_running_it_again_trains_nothing(project: Path) -> None:
    before = {run["id"] for run in workbench("show", project)["runs"]}
    again = workbench("run", project, project.parent / "small.yaml")["runs"]
    assert {run["id"] for run in again} == before


def test_compare_prints_the_figures_of_every_arm(project: Path) -> None:
    compared = workbench("compare", project)
    assert [(arm["name"], arm["method"], arm["seeds"]) for arm in compared["arms"]] == [
        ("reference", "reference", [0]),
        ("ppo", "ppo", [0]),
        ("dpo", "dpo", [0]),
    ]
    for arm in compared["arms"]:
        for figure in ("gold", "proxy", "kl", "win_rate"):
            assert arm[figure]["low"] <= arm[figure]["mean"] <= arm[figure]["high"]
            assert arm[figure]["n"] == 12
    assert compared["verdict"]


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "csv"])
@pytest.mark.parametrize("x", ["step", "kl"])
def test_compare_writes_the_panels(project: Path, suffix: str, x: str, tmp_path: Path) -> None:
    out = tmp_path / f"panels.{suffix}"
    workbench("compare", project, "--x", x, "--out", out)
    beginnings = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert out.read_bytes().startswith(beginnings.get(suffix, b""))
    assert out.stat().st_size > 500


def test_the_report_is_one_file_that_loads_nothing(project: Path, tmp_path: Path) -> None:
    workbench("export", project, "--out", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert 'src="http' not in page
    assert "ppo against dpo" in page


def test_the_last_checkpoint_is_not_sampled_again_where_all_were_and_the_best_is(project: Path) -> None:
    before = {run["id"]: run for run in workbench("show", project)["runs"]}
    dpo = next(run["id"] for run in before.values() if run["method"] == "dpo")
    (last,) = workbench("evaluate", project, dpo, "--checkpoints", "last")["runs"]
    assert before[last["id"]]["method"] == "evaluate"
    (best,) = workbench("evaluate", project, dpo, "--checkpoints", "best")["runs"]
    assert best["id"] not in before
    assert best["state"] == "finished"
    assert best["total"] == 12 + 2, "responses to the test prompts and to the validation prompts of the pairs"


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_the_reward_model_scores_a_file(project: Path, shared: Path, suffix: str, tmp_path: Path) -> None:
    data = shared / "preferences" / "stories_sentiment" / "pairs.validation.jsonl"
    source = first_lines(data, tmp_path / "pairs.jsonl", 10)
    reward = next(run["id"] for run in workbench("show", project)["runs"] if run["method"] == "reward")
    result = workbench("score", project, reward, source, "--out", tmp_path / f"scores.{suffix}")
    assert result["responses"] == 20
    assert (tmp_path / f"scores.{suffix}").stat().st_size > 500
