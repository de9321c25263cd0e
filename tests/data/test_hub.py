import time
from pathlib import Path

import pytest

from workbench.data.hub import fetch, is_hub_id
from workbench.domain.errors import BadInput, Offline


@pytest.mark.parametrize("source", ["trl-lib/ultrafeedback_binarized", "hub:a/b", "owner/name:data/train.jsonl"])
def test_owner_and_name_are_a_hub_id(source: str):
    assert is_hub_id(source)


@pytest.mark.parametrize("source", ["pairs.jsonl", "data/pairs.jsonl", "a/b/c", "/tmp/x", "data/pairs.jsonl.gz"])
def test_paths_to_files_are_none(source: str):
    assert not is_hub_id(source)


def test_a_folder_that_is_here_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert not is_hub_id("data/pairs")


def test_a_hub_that_cannot_be_reached_is_said_within_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    began = time.monotonic()
    with pytest.raises(Offline, match="trl-lib/nothing: there is no such file here, and the Hugging Face hub"):
        fetch("trl-lib/nothing")
    assert time.monotonic() - began < 15


def test_an_environment_that_says_offline_is_believed_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Offline, match="HF_HUB_OFFLINE is set"):
        fetch("trl-lib/nothing")


def test_what_is_no_hub_id_is_refused():
    with pytest.raises(BadInput, match="is no hub id"):
        fetch("nothing")
