"""The commands of the Settings and the Machine page, run as a person would."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def workbench(tmp_path):
    """Runs a command with preferences of its own; returns its output."""

    def run(*arguments: str, code: int = 0, given: str = "") -> str:
        environment = os.environ | {"WORKBENCH_CONFIG": str(tmp_path)}
        command = [sys.executable, "-m", "workbench", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_a_preference_is_set_shown_and_given_its_default_back(workbench):
    assert "● look.theme = dark" in workbench("preferences", "look.theme", "dark")
    (shown,) = json.loads(workbench("preferences", "look.theme", "--json"))["preferences"]
    assert (shown["value"], shown["default"], shown["changed"]) == ("dark", "system", True)
    assert "  look.theme = system" in workbench("preferences", "look.theme", "--reset")


def test_a_preference_that_does_not_exist_is_refused_with_the_known_ones(workbench):
    said = workbench("preferences", "look.thme", code=1)
    assert said.startswith("There is no preference `look.thme`. Known: look.theme,")


def test_a_token_from_a_pipe_is_refused_where_there_is_no_keyring_and_never_printed(workbench):
    said = workbench("hub-token", "--store", code=1, given="hf_secret\n")
    assert "HF_TOKEN" in said
    assert "hf_secret" not in said


def test_the_machine_is_described_for_scripts(workbench, tmp_path):
    workbench("new", str(tmp_path / "p"))
    told = json.loads(workbench("machine", str(tmp_path / "p"), "--json"))
    assert told["load"]["cores"] >= 1
    assert told["devices"][-1]["name"] == "cpu"
    assert told["runs"] == []


def test_models_are_listed_from_the_hub_folder_that_is_preferred(workbench, tmp_path):
    commit = tmp_path / "hub" / "models--org--small" / "snapshots" / ("a" * 40)
    commit.mkdir(parents=True)
    (commit / "config.json").write_text("{}")
    workbench("new", str(tmp_path / "p"))
    workbench("preferences", "folders.hub_cache", str(tmp_path / "hub"))
    assert "org/small" in workbench("choices", str(tmp_path / "p"))
