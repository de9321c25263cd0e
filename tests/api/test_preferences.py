"""Preferences are declared once, kept in one file, and refused in words."""

import json
import os
from pathlib import Path

import keyring as library
import pytest

from workbench import api
from workbench.api import folders
from workbench.domain.errors import BadInput, BadSetting, NewerFormat, NotFound
from workbench.jobs.machine import Slot
from workbench.jobs.runner import Runner
from workbench.storage import hub_access


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "preferences.json"


def test_without_a_file_the_defaults_stand_and_none_is_made(config):
    assert [view.name for view in api.list_preferences() if view.changed] == []
    assert all(view.setting.label and view.setting.help for view in api.list_preferences())
    assert not config.exists()


def test_what_is_set_is_kept_and_what_is_reset_is_the_default_again(config):
    api.set_preference("look.theme", "dark")
    api.set_preference("devices.use", "cpu, cuda:1")
    api.set_preference("devices.threads", "3")
    api.set_preference("shortcuts.window.quit", "Ctrl+X")
    now = api.read_preferences()
    assert (now.look.theme, now.devices.use, now.devices.threads) == ("dark", ("cpu", "cuda:1"), 3)
    assert now.shortcuts == {"window.quit": "Ctrl+X"}
    assert json.loads(config.read_text())["format_version"] == 1
    for name in ("look.theme", "devices.use", "devices.threads", "shortcuts"):
        api.reset_preference(name)
    assert api.read_preferences() == api.Preferences()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("look.theme", "pink", "expected system, light or dark"),
        ("look.font_size", 300, "expected 150 or less"),
        ("look.font_size", "large", "expected a whole number"),
        ("look.thme", "dark", "There is no preference `look.thme`"),
        ("folders.projects", "here", "expected a whole path"),
    ],
)
def test_what_is_not_allowed_is_refused_and_nothing_is_written(config, name, value, words):
    with pytest.raises(BadSetting, match=words):
        api.set_preference(name, value)
    assert not config.exists()


def test_a_file_that_was_edited_into_something_else_is_named_and_left_alone(config):
    config.parent.mkdir()
    config.write_text('{"look": {"theme": 3}}')
    with pytest.raises(BadInput, match=r"look\.theme"):
        api.set_preference("look.theme", "dark")
    assert config.read_text() == '{"look": {"theme": 3}}'
    config.write_text('{"format_version": 99}')
    with pytest.raises(NewerFormat):
        api.read_preferences()


def test_new_projects_go_where_the_person_prefers(tmp_path):
    api.set_preference("folders.projects", str(tmp_path / "mine"))
    assert api.default_projects_folder() == tmp_path / "mine"
    api.create_project(tmp_path / "mine" / "one")
    listed = {folder.name: folder for folder in api.list_folders()}
    assert (listed["projects"].path, listed["projects"].holds) == (str(tmp_path / "mine"), "1 project")


def test_a_run_goes_to_no_device_that_the_person_keeps_for_other_work(project):
    api.set_preference("devices.use", ("cuda:0",))
    run_id = next(job.id for job in project.jobs() if project.run(job.id).outcome().state == "stopped")
    api.resume_run(project, run_id)
    Runner(project, slots=[Slot("cpu")]).step()
    outcome = project.run(run_id).outcome()
    assert (outcome.state, outcome.code) == ("failed", "no_device")
    assert "your preferences let runs use: cuda:0" in outcome.message


def test_devices_say_whether_runs_may_use_them(project):
    assert [device.allowed for device in api.list_devices(project)][-1]
    api.set_preference("devices.use", ("cuda:7",))
    assert [device.name for device in api.list_devices(project) if device.allowed] == []


class Keyring:
    """A keyring that keeps what it is given, as the system's does."""

    def __init__(self):
        self.kept = {}

    def get_password(self, service, name):
        return self.kept.get((service, name))

    def set_password(self, service, name, value):
        self.kept[service, name] = value

    def delete_password(self, service, name):
        del self.kept[service, name]


@pytest.fixture
def keyring(monkeypatch):
    made = Keyring()
    for verb in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(library, verb, getattr(made, verb))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return made


def test_the_token_goes_to_the_keyring_and_to_workers_and_into_no_file(keyring, config, tmp_path):
    api.store_hub_token("hf_secret\n")
    assert api.hub_token_state().source == "keyring"
    assert hub_access.hub_environment()["HF_TOKEN"] == "hf_secret"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"hf_secret" in path.read_bytes()] == []
    api.forget_hub_token()
    assert api.hub_token_state().source == "none"
    assert "HF_TOKEN" not in hub_access.hub_environment()


def test_a_computer_without_a_keyring_names_the_variable(monkeypatch):
    with pytest.raises(NotFound, match="HF_TOKEN"):  # the tests' own keyring keeps nothing
        api.store_hub_token("hf_secret")
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    assert api.hub_token_state().source == "environment"


def test_an_empty_token_is_refused(keyring):
    with pytest.raises(BadInput, match="empty"):
        api.store_hub_token("  ")


def test_a_folder_is_measured_though_a_file_of_it_goes_meanwhile(monkeypatch, tmp_path):
    for name in ("kept", "gone"):
        (tmp_path / name).write_bytes(bytes(2000))
    lstat = os.lstat

    def find(path):
        if Path(path).name == "gone":
            raise FileNotFoundError(path)
        return lstat(path)

    monkeypatch.setattr(folders.os, "lstat", find)
    assert folders._size_of(tmp_path) == "2.0 kB"
