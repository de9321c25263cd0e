"""Folders that are refused before anything in them is loaded."""

import json
import shutil
from pathlib import Path

import pytest

from workbench.domain.errors import ModelRefused
from workbench.storage.model_folders import base_of_adapter, check_folder


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """A model folder that may be changed."""
    target = tmp_path / "model"
    target.mkdir()
    for path in (shared / "models" / "stories260K").iterdir():
        shutil.copyfile(path, target / path.name)
    return target


def test_a_complete_folder_passes(folder: Path) -> None:
    check_folder(folder, trust_remote_code=False)


def test_a_folder_without_a_tokenizer_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelRefused, match="has no tokenizer"):
        check_folder(folder, trust_remote_code=False)


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"has no config\.json"):
        check_folder(tmp_path, trust_remote_code=False)


def test_a_pickle_instead_of_safetensors_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelRefused, match=r"not safetensors \(pytorch_model.bin\)"):
        check_folder(folder, trust_remote_code=False)


def test_missing_weights_are_refused_unless_they_are_not_needed(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelRefused, match="has no weights"):
        check_folder(folder, trust_remote_code=False)
    check_folder(folder, trust_remote_code=False, needs_weights=False)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_of_the_models_own_is_refused_unless_trusted(folder: Path, name: str) -> None:
    values = json.loads((folder / name).read_text()) | {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}
    (folder / name).write_text(json.dumps(values))
    with pytest.raises(ModelRefused, match=f"{name}: auto_map"):
        check_folder(folder, trust_remote_code=False)
    check_folder(folder, trust_remote_code=True)


def test_a_configuration_that_is_no_json_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelRefused, match="not valid JSON"):
        check_folder(folder, trust_remote_code=False)


def test_an_adapter_finds_its_base_in_a_project_that_was_moved(tmp_path: Path) -> None:
    base = tmp_path / "new" / "runs" / "sft" / "checkpoints" / "checkpoint-4"
    adapter = tmp_path / "new" / "runs" / "dpo" / "checkpoints" / "checkpoint-2"
    base.mkdir(parents=True)
    adapter.mkdir(parents=True)
    old = str(base).replace("/new/", "/old/")
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": old}))
    assert base_of_adapter(adapter) == base
    base.rename(tmp_path / "gone")
    with pytest.raises(ModelRefused, match="which is not there"):
        base_of_adapter(adapter)


def test_a_whole_model_has_no_base(folder: Path) -> None:
    assert base_of_adapter(folder) is None
