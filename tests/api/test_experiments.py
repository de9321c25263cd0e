"""Experiment files that cannot be read say why; plans say what to be careful about."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.jobs.planning import add, write_model
from tests.storage.records import dataset
from workbench.api.experiments import plan_experiment, read_experiment
from workbench.domain.errors import BadInput, BadSetting, NotFound
from workbench.domain.experiments import Experiment
from workbench.storage.project import Project


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


@pytest.mark.parametrize(("n_prompts", "is_told"), [(24, True), (25, False)])
def test_a_plan_says_where_the_test_prompts_are_too_few(tmp_path: Path, n_prompts: int, is_told: bool) -> None:
    project = Project.create(tmp_path / "project")
    add(project, dataset("stories"))
    write_model(project.folder / "models" / "small")
    keys = [f"prompt {place // 2}" for place in range(2 * n_prompts)]  # two pairs each, which are no more prompts
    table = pa.table({"split": ["test"] * len(keys) + ["train"] * 9, "prompt_key": [*keys, *map(str, range(9))]})
    pq.write_table(table, project.dataset_folder("stories") / "pairs.parquet")
    raw = {"name": "e", "model": "models/small", "dataset": "stories", "judges": ["vader"], "arms": [{"method": "dpo"}]}
    plan = plan_experiment(project, Experiment.parse(raw, where="e"), base=project.folder)
    assert [caution for caution in plan.cautions if "Only 24 test prompts" in caution] == list(plan.cautions)
    assert bool(plan.cautions) == is_told
