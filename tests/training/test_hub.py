"""Hub ids without a hub."""

import time
from pathlib import Path

import pytest

from workbench.domain.errors import Offline
from workbench.training.hub import fetch


def test_a_hub_id_without_a_hub_is_said_within_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    start = time.monotonic()
    with pytest.raises(Offline, match="hub cannot be reached"):
        fetch("nobody/no-such-model")
    assert time.monotonic() - start < 10


def test_a_folder_by_name_is_not_asked_of_the_hub(tmp_path: Path) -> None:
    assert fetch(str(tmp_path)) == tmp_path
