"""A checkpoint as a model folder: what is in it, and what its card says."""

import json

import numpy as np
import pytest
import yaml
from evaluated_runs import PaperRuns

from workbench.api import export_model
from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint


@pytest.fixture
def trained(runs: PaperRuns):
    runs.start([0.0] * 8)
    return _saved(runs, runs.arm("dpo", {100: [1.0] * 8}, model="org/base@abc"))


def _saved(runs, job, **more: str):
    folder = runs.project.run_folder(job.id)
    temporary = checkpoint_folder(folder, 100).with_name(".new")
    (temporary / "resume").mkdir(parents=True)
    files = {"config.json": "{}", "model.safetensors": "weights", "tokenizer.json": "{}", "resume/optimizer.pt": "x"}
    for name, content in (files | more).items():
        (temporary / name).write_text(content)
    commit_checkpoint(temporary, checkpoint_folder(folder, 100), 100, 800, 8_000, 50.0)
    return runs.project, job.id


def front_matter(card: str) -> dict:
    return yaml.safe_load(card.split("---\n")[1])


def test_the_folder_holds_what_loads_and_nothing_that_only_training_needs(trained, tmp_path):
    project, run_id = trained
    export_model(project, run_id, tmp_path / "model")
    files = {
        path.relative_to(tmp_path / "model").as_posix() for path in (tmp_path / "model").rglob("*") if path.is_file()
    }
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= files
    assert not {"checkpoint.json", "resume/optimizer.pt"} & files
    assert not list(tmp_path.glob(".model*"))


def test_the_card_tells_verdict_figures_training_and_limits(trained, tmp_path):
    project, run_id = trained
    export_model(project, run_id, tmp_path / "model", step=100)
    card = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    values = front_matter(card)
    assert values["library_name"] == "transformers"
    assert values["base_model"] == "org/base"
    (result,) = values["model-index"][0]["results"]
    assert {metric["type"]: metric["value"] for metric in result["metrics"]}["gold"] == 1.0
    assert "This checkpoint, seed 0 at step 100, is that one." in card
    for title in ("How it was trained", "Verdict", "Results", "Charts", "Limits"):
        assert f"## {title}" in card
    assert "another judge or other prompts may order the arms otherwise" in card
    assert (tmp_path / "model/charts/reward.png").read_bytes().startswith(b"\x89PNG")


def test_the_metadata_has_the_figures_of_this_checkpoint_alone(runs, tmp_path):
    runs.start([0.0] * 8)
    runs.arm("dpo", {100: [1.0] * 8, 200: [3.0] * 8})
    first = next(job for job in runs.project.jobs() if job.method == "dpo")
    _saved(runs, first)
    export_model(runs.project, first.id, tmp_path / "model", step=100)
    card = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    assert "model-index" not in front_matter(card)
    assert "This checkpoint, seed 0 at step 100, is another one: the last is step 200." in card


def test_a_run_that_was_never_evaluated_says_so(runs, tmp_path):
    project, run_id = _saved(runs, runs.arm("dpo", {}))
    export_model(project, run_id, tmp_path / "model")
    card = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    assert "It was not evaluated in a comparison" in card
    assert "model-index" not in front_matter(card)


def test_an_adapter_names_no_folder_of_this_disk(runs, tmp_path):
    adapter = json.dumps({"base_model_name_or_path": "/home/ada/models/base", "r": 8})
    project, run_id = _saved(runs, runs.arm("dpo", {}), **{"adapter_config.json": adapter})
    export_model(project, run_id, tmp_path / "model")
    assert json.loads((tmp_path / "model/adapter_config.json").read_text()) == {
        "base_model_name_or_path": "base",
        "r": 8,
    }
    assert front_matter((tmp_path / "model/README.md").read_text())["library_name"] == "peft"


def test_what_stands_there_is_left_alone_and_what_is_missing_is_named(trained, tmp_path):
    project, run_id = trained
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match="not empty"):
        export_model(project, run_id, tmp_path)
    with pytest.raises(NotFound, match="no checkpoint at step 7"):
        export_model(project, run_id, tmp_path / "model", step=7)
    with pytest.raises(BadInput, match="has no weights"):
        export_model(project, f"eval-{run_id}", tmp_path / "model")


def test_what_judges_has_no_weights_and_is_not_to_be_trained_first(runs, tmp_path):
    runs.start([0.0] * 8)
    runs.arm("dpo", {100: [1.0] * 8})
    with pytest.raises(BadInput, match="which has no weights"):
        export_model(runs.project, runs.best_of_n(np.zeros((8, 2)), np.zeros((8, 2))).id, tmp_path / "model")
