"""The main job on real models and data, through the command line, from files to a report."""

import json
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def workbench(*arguments: str | Path, code: int = 0) -> Any:
    """Runs a command with --json and returns what it printed."""
    command = [sys.executable, "-m", "workbench", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def _first_lines(source: Path, target: Path, n: int) -> Path:
    with source.open(encoding="utf-8") as lines:
        target.write_text("".join(islice(lines, n)), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def project(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished small experiment on stories: PPO and DPO, one seed, a few steps each."""
    folder = tmp_path_factory.mktemp("stories")
    data = shared / "preferences" / "stories_sentiment"
    workbench("new", folder / "project")
    pairs = _first_lines(data / "pairs.train.jsonl", folder / "pairs.jsonl", 96)
    prompts = _first_lines(data / "prompts.test.jsonl", folder / "prompts.jsonl", 12)
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


def test_one_checkpoint_can_be_evaluated_again(project: Path) -> None:
    dpo = next(run["id"] for run in workbench("show", project)["runs"] if run["method"] == "dpo")
    (run,) = workbench("evaluate", project, dpo, "--checkpoints", "last")["runs"]
    assert run["state"] == "finished"
    assert run["total"] == 12


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_the_reward_model_scores_a_file(project: Path, shared: Path, suffix: str, tmp_path: Path) -> None:
    data = shared / "preferences" / "stories_sentiment" / "pairs.validation.jsonl"
    source = _first_lines(data, tmp_path / "pairs.jsonl", 10)
    reward = next(run["id"] for run in workbench("show", project)["runs"] if run["method"] == "reward")
    result = workbench("score", project, reward, source, "--out", tmp_path / f"scores.{suffix}")
    assert result["responses"] == 20
    assert (tmp_path / f"scores.{suffix}").stat().st_size > 500


def test_a_reward_model_of_one_tokenizer_judges_the_policy_of_another_on_chats(shared: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    workbench("new", project)
    workbench("import", project, shared / "preferences" / "hh_harmless" / "pairs-first1156.jsonl.gz", "--name", "hh")
    experiment = {
        "name": "chats",
        "model": str(shared / "models" / "babyllama105"),
        "dataset": "hh",
        "judges": ["vader"],
        "preset": "quick",
        "max_prompts": 4,
        "sampling": {"max_new_tokens": 8},
        "sft": {"max_steps": 1},
        "reward": {"max_steps": 1, "model": str(shared / "models" / "stories260K"), "normalize_samples": 4},
        "arms": [
            {"name": "ppo", "method": "ppo", "batch_size": 4, "total_episodes": 4, "num_mini_batches": 1},
            {"name": "dpo", "method": "dpo", "max_steps": 1, "batch_size": 4},
        ],
    }
    (tmp_path / "chats.yaml").write_text(yaml.safe_dump(experiment))
    runs = workbench("run", project, tmp_path / "chats.yaml")["runs"]
    assert {run["state"] for run in runs} == {"finished"}
    said = "".join(log.read_text() for log in (project / "runs").glob("*/events.jsonl"))
    assert "plain text" in said  # neither tokenizer has a chat template


def test_an_unsafe_model_is_refused_before_anything_is_queued(shared: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (model / name).write_bytes((shared / "models" / "stories260K" / name).read_bytes())
    (model / "pytorch_model.bin").write_bytes(b"not safe")
    data = shared / "preferences" / "stories_sentiment"
    project = tmp_path / "project"
    workbench("new", project)
    workbench("import", project, _first_lines(data / "pairs.train.jsonl", tmp_path / "p.jsonl", 60), "--name", "s")
    experiment = {"name": "x", "model": str(model), "dataset": "s", "arms": [{"name": "dpo", "method": "dpo"}]}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(experiment))
    command = [sys.executable, "-m", "workbench", "run", str(project), str(tmp_path / "x.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not safetensors (pytorch_model.bin)" in done.stderr
    assert workbench("show", project)["runs"] == []


def test_ctrl_c_leaves_the_runs_going_and_says_how_to_follow_or_stop_them(shared: Path, tmp_path: Path) -> None:
    data = shared / "preferences" / "stories_sentiment"
    project = tmp_path / "project"
    workbench("new", project)
    workbench("import", project, _first_lines(data / "pairs.train.jsonl", tmp_path / "p.jsonl", 200), "--name", "s")
    experiment = {
        "name": "x",
        "model": str(shared / "models" / "stories260K"),
        "dataset": "s",
        "arms": [{"name": "dpo", "method": "dpo", "num_train_epochs": 500}],
        "reward": {"max_steps": 1, "normalize": False},
    }
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(experiment))
    # A shell's background jobs inherit SIGINT ignored, and so would the command.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from workbench.cli import main; main()"
    command = [sys.executable, "-c", program, "run", str(project), str(tmp_path / "x.yaml")]
    following = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    dpo = _wait_for(project, "dpo", "running")
    try:
        following.send_signal(signal.SIGINT)
        _, said = following.communicate(timeout=60)
        assert following.returncode == 130
        assert "workbench follow" in said
        assert "workbench stop" in said
        assert _state(project, dpo) == "running"
    finally:  # whatever went wrong, no run may go on behind the tests that follow
        following.kill()
        following.communicate()
        workbench("stop", project, dpo)
    assert workbench("follow", project, dpo, code=1)["runs"][0]["state"] == "stopped"


def _state(project: Path, run_id: str) -> str:
    return next(run["state"] for run in workbench("show", project)["runs"] if run["id"] == run_id)


def _wait_for(project: Path, method: str, state: str) -> str:
    """Returns the id of the run of that method once it is in that state and has taken a step."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for run in workbench("show", project)["runs"]:
            if run["method"] == method and run["state"] == state and run["step"] > 0:
                return str(run["id"])
        time.sleep(0.5)
    raise AssertionError(f"no {method} run came to be {state}")
