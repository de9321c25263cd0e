"""Judges behind an endpoint as verbs: where their keys lie, and what is refused."""

import keyring
import pytest

from workbench import api
from workbench.api import judging
from workbench.domain.errors import BadInput, BadSetting, NotFound

SECRET = "sk-not-for-anyones-eyes"


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path))
    api.set_endpoint("jury", {"url": "https://judge.example/v1", "model": "m"})
    return tmp_path


@pytest.fixture
def secrets(monkeypatch) -> dict[str, str]:
    """A keyring that keeps what it is given, as the system's does."""
    kept: dict[str, str] = {}
    monkeypatch.setattr(keyring, "get_password", lambda _service, name: kept.get(name))
    monkeypatch.setattr(keyring, "set_password", lambda _service, name, value: kept.__setitem__(name, value))
    monkeypatch.setattr(keyring, "delete_password", lambda _service, name: kept.pop(name))
    return kept


def test_a_key_lies_in_the_keyring_and_in_no_file(config, secrets):
    assert api.has_endpoint_key("jury")  # it names none, so it needs none
    api.store_endpoint_key("jury", f" {SECRET}\n")
    assert list(secrets.values()) == [SECRET]
    assert api.list_endpoints()["jury"].key == "jury"
    assert api.has_endpoint_key("jury")
    assert all(SECRET.encode() not in path.read_bytes() for path in config.rglob("*") if path.is_file())
    api.forget_endpoint_key("jury")
    assert secrets == {}
    assert not api.has_endpoint_key("jury")


def test_a_key_that_is_none_is_refused_without_being_shown(secrets):
    with pytest.raises(BadInput) as refused:
        api.store_endpoint_key("jury", "two words")
    assert "two words" not in str(refused.value)


def test_the_key_itself_is_no_name_of_a_key(config):
    with pytest.raises(BadInput, match="looks like the key itself") as refused:
        api.set_endpoint("jury", {"key": SECRET})
    assert SECRET not in str(refused.value)
    assert all(SECRET.encode() not in path.read_bytes() for path in config.rglob("*") if path.is_file())
    api.set_endpoint("jury", {"key": "sk-jury"})


def test_where_a_key_comes_from_is_told(secrets, monkeypatch):
    assert api.endpoint_key_source("jury") == "not needed"
    api.set_endpoint("jury", {"key": "JURY_KEY"})
    assert api.endpoint_key_source("jury") == "nowhere"
    monkeypatch.setenv("JURY_KEY", SECRET)
    assert api.endpoint_key_source("jury") == "environment"
    api.store_endpoint_key("jury", SECRET)
    assert api.endpoint_key_source("jury") == "keyring"


def test_no_key_goes_over_an_open_line(secrets):
    api.set_endpoint("jury", {"url": "http://judge.example/v1"})
    with pytest.raises(BadSetting, match="in the clear"):
        api.store_endpoint_key("jury", SECRET)
    assert secrets == {}


def test_without_a_keyring_the_variable_is_named(monkeypatch):
    api.set_endpoint("jury", {"key": "JURY_KEY"})
    with pytest.raises(NotFound, match="JURY_KEY"):  # the tests' own keyring keeps nothing
        api.store_endpoint_key("jury", SECRET)
    monkeypatch.setenv("JURY_KEY", SECRET)
    assert api.has_endpoint_key("jury")


def test_a_name_that_could_be_mistaken_is_refused():
    with pytest.raises(BadInput, match="no name for a judge"):
        api.set_endpoint("my judge, the second", {"url": "https://judge.example/v1", "model": "m"})


def test_a_judge_that_is_changed_keeps_what_was_not_named():
    api.set_endpoint("jury", {"price_in": "0.5"})
    assert api.list_endpoints()["jury"].url == "https://judge.example/v1"
    assert api.list_endpoints()["jury"].price_in == 0.5


def test_a_key_that_could_not_be_kept_leaves_the_judge_without_one():
    with pytest.raises(NotFound):  # the tests' own keyring keeps nothing
        api.store_endpoint_key("jury", SECRET)
    assert api.list_endpoints()["jury"].key == ""
    assert api.has_endpoint_key("jury")


def test_two_processes_that_change_a_judge_at_once_lose_neither_change(monkeypatch):
    others, write = [{"price_in": "0.5"}], judging.change_preferences

    def overtaken(change):
        while others:
            api.set_endpoint("jury", others.pop())
        return write(change)

    monkeypatch.setattr(judging, "change_preferences", overtaken)
    api.set_endpoint("jury", {"price_out": "2"})
    jury = api.list_endpoints()["jury"]
    assert (jury.price_in, jury.price_out) == (0.5, 2.0)
