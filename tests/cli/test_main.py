"""The contract of every command: help with examples, one sentence on errors, exit codes, JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_VERBS = [
    "new",
    "import",
    "show",
    "run",
    "diff",
    "drafts",
    "yaml",
    "choices",
    "follow",
    "stop",
    "pause",
    "resume",
    "retry",
    "priority",
    "evaluate",
    "compare",
    "power",
    "score",
    "export",
    "doctor",
    "demo",
    "copy",
    "move",
    "rename",
    "delete",
    "restore",
    "trash",
    "duplicate",
    "tag",
    "slots",
    "settings",
    "preferences",
    "hub-token",
    "machine",
]


def workbench(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.parametrize("verb", _VERBS)
def test_every_verb_has_help_with_examples(verb: str) -> None:
    printed = workbench(verb, "--help").stdout
    assert f"workbench {verb}" in printed.partition("Examples:")[2]


@pytest.mark.parametrize("verb", _VERBS)
def test_every_verb_takes_json(verb: str) -> None:
    assert "--json" in workbench(verb, "--help").stdout


def test_an_error_is_one_sentence_on_standard_error(tmp_path: Path) -> None:
    done = workbench("show", tmp_path / "nowhere", code=1)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere" in done.stderr


def test_debug_adds_the_traceback(tmp_path: Path) -> None:
    assert "Traceback" in workbench("show", tmp_path / "nowhere", "--debug", code=1).stderr


def test_an_unknown_verb_suggests_the_nearest_one() -> None:
    assert "compare" in workbench("compere", code=2).stderr


def test_new_makes_a_project_that_show_reads(tmp_path: Path) -> None:
    made = json.loads(workbench("new", tmp_path / "mine", "--json").stdout)
    assert made["name"] == "mine"
    shown = json.loads(workbench("show", tmp_path / "mine", "--json").stdout)
    assert (shown["name"], shown["datasets"], shown["runs"]) == ("mine", [], [])


def test_new_refuses_a_folder_that_is_a_project_already(tmp_path: Path) -> None:
    workbench("new", tmp_path / "mine")
    assert "already" in workbench("new", tmp_path / "mine", code=1).stderr


def test_an_error_is_an_object_too_where_json_is_asked_for(tmp_path: Path) -> None:
    workbench("new", tmp_path / "mine")
    sentence, told = workbench("new", tmp_path / "mine", "--json", code=1).stderr.splitlines()
    error = json.loads(told)
    assert sentence == f"{error['error']} {error['hint']}"
    assert "already" in error["error"]
    unknown = json.loads(workbench("show", "--jsn", "--json", code=2).stderr.splitlines()[-1])
    assert unknown["hint"] == "Add --help to see what is expected."


def test_import_reports_what_it_read(tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"p{i}", "chosen": f"good {i}", "rejected": f"bad {i}"} for i in range(10)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    workbench("new", tmp_path / "project")
    result = json.loads(workbench("import", tmp_path / "project", source, "--name", "mine", "--json").stdout)
    assert (result["dataset"], result["pairs"], result["prompts"], result["skipped"]) == ("mine", 10, 10, 0)
    assert result["rejects"] is None
    assert sum(result["splits"]["counts"].values()) == 10


def test_a_bad_row_names_its_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    source.write_text(
        '{"prompt": "p", "chosen": "a", "rejected": "b"}\n{"prompt": "p", "chosen": "", "rejected": "b"}\n'
    )
    workbench("new", tmp_path / "project")
    done = workbench("import", tmp_path / "project", source, "--name", "mine", code=1)
    assert "pairs.jsonl, line 2" in done.stderr
    assert "`chosen`" in done.stderr
    assert json.loads(workbench("show", tmp_path / "project", "--json").stdout)["datasets"] == []
    assert not (tmp_path / "project" / "datasets" / "mine").exists()


def test_an_experiment_s_misspelt_setting_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    workbench("new", tmp_path / "project")
    experiment = tmp_path / "e.yaml"
    experiment.write_text("name: x\nmodel: m\ndataset: d\narms: [{name: a, method: ppo, kl_coeff: 0.1}]\n")
    stderr = workbench("run", tmp_path / "project", experiment, code=1).stderr
    assert "kl_coeff" in stderr
    assert "Did you mean `kl_coef`?" in stderr


def test_doctor_names_what_it_looked_at() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "doctor", "--json"], capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    names = {check["name"] for check in report["checks"]}
    assert {"Python", "torch", "trl", "Qt", "Memory", "Disk"} <= names
    assert (done.returncode == 0) == report["ok"]
