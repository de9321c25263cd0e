"""The main job where it is not straightforward: other tokenizers, unsafe models, Ctrl+C."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from commands import first_lines, workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


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
    workbench("import", project, first_lines(data / "pairs.train.jsonl", tmp_path / "p.jsonl", 60), "--name", "s")
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
    workbench("import", project, first_lines(data / "pairs.train.jsonl", tmp_path / "p.jsonl", 200), "--name", "s")
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
