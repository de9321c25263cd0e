"""Experiment files that cannot be read say why."""

from pathlib import Path

import pytest

from workbench.api.experiments import read_experiment
from workbench.domain.errors import BadInput, BadSetting, NotFound


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no experiment file .*e\.yaml"):
        read_experiment(tmp_path / "e.yaml")


def test_broken_yaml_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("name: x\narms: [\n")
    with pytest.raises(BadInput, match=r"e\.yaml is not YAML: .*line 3"):
        read_experiment(path)


def test_a_list_is_no_experiment(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("- name: x\n")
    with pytest.raises(BadSetting, match="expected settings such as"):
        read_experiment(path)


def test_a_complete_file_needs_no_more_than_a_model_a_dataset_and_arms(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("name: x\nmodel: m\ndataset: d\narms: [{name: a, method: dpo, beta: 0.3}]\n")
    (arm,) = read_experiment(path).arms
    assert (arm.name, arm.recipe.changed()) == ("a", {"beta": 0.3})
