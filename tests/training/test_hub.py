"""Hub ids without a hub."""

import json
import time
from pathlib import Path

import pytest

from workbench.domain.errors import ModelRefused, Offline
from workbench.training.hub import fetch, has_weights


def test_a_hub_id_without_a_hub_is_said_within_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    start = time.monotonic()
    with pytest.raises(Offline, match="hub cannot be reached"):
        fetch("nobody/no-such-model")
    assert time.monotonic() - start < 10


def test_a_folder_by_name_is_not_asked_of_the_hub(tmp_path: Path) -> None:
    assert fetch(str(tmp_path)) == tmp_path


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The snapshot of a model in an offline cache, at commit aaaa, which main points to; it holds a configuration."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = tmp_path / "models--org--tiny"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(COMMIT)
    snapshot = model / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    return snapshot


COMMIT = "a" * 40


def test_a_cached_snapshot_without_weights_is_not_taken_for_the_model(cache: Path) -> None:
    with pytest.raises(ModelRefused, match="in the cache without weights"):
        fetch("org/tiny")
    assert fetch("org/tiny", needs_weights=False) == cache
    (cache / "model.safetensors").write_bytes(b"")
    assert fetch("org/tiny") == cache
    assert fetch(f"org/tiny@{COMMIT}") == cache
    with pytest.raises(Offline):
        fetch("org/tiny@" + "b" * 40)


def test_weights_in_parts_are_there_when_all_parts_are(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"")
    assert not has_weights(tmp_path)
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"")
    assert has_weights(tmp_path)
