import re

import pytest
from evaluated_runs import PAIRS, PaperRuns

from tests.export.conftest import html_of
from tests.storage.records import dataset
from workbench.compare import compare_runs
from workbench.domain.errors import NotFound
from workbench.domain.recipes import DpoRecipe, PpoRecipe
from workbench.domain.records import VERSIONS
from workbench.export.document import Part
from workbench.export.report_setup import (
    environment,
    facts,
    question,
    read_setup,
    runs_table,
    settings_table,
    source_name,
)
from workbench.storage.files import write_record


def setup_of(runs: PaperRuns):
    return read_setup(compare_runs(runs.project), runs.project)


def cells(*parts: Part | None, title: str) -> list[str]:
    """The cells of the row that a title names."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html_of(*parts))]
    return next((row[1:] for row in rows if row[0] == title), [])


def test_the_set_up_names_start_data_judges_and_sampling_once(runs):
    runs.start()
    runs.arm("a", {100: [1.0] * 8})
    runs.arm("b", {100: [1.0] * 8})
    told = facts(setup_of(runs))
    assert cells(told, title="Start model") == ["models/base"]
    assert cells(told, title="Preference pairs") == ["pairs, split train"]
    assert cells(told, title="Judges (the first is gold)") == ["vader"]
    assert cells(told, title="Sampling") == ["temperature 1, at most 48 tokens"]


def test_a_dataset_that_grew_is_described_as_the_runs_read_it(runs):
    runs.arm("a", {100: [1.0] * 8})
    folder, grown = runs.project.dataset_folder("pairs"), dataset("pairs")
    before = grown.model_copy(update={"n_rows": 3_333, "content_sha256": PAIRS.sha256})
    earlier = folder / VERSIONS / PAIRS.sha256
    earlier.mkdir(parents=True)
    write_record(folder / "dataset.json", grown)
    write_record(earlier / "dataset.json", before)
    (told,) = cells(facts(setup_of(runs)), title="Dataset pairs")
    assert told.startswith("3333 rows")


def test_settings_show_what_arms_differ_in_and_what_was_changed(runs):
    runs.arm("ppo", {100: [1.0] * 8}, method="ppo", recipe=PpoRecipe(kl_coef=0.2, lam=0.9))
    runs.arm("dpo", {100: [1.0] * 8}, recipe=DpoRecipe(beta=0.5))
    told = settings_table(setup_of(runs))
    assert cells(*told, title="KL coefficient") == ["0.2", "–"]
    assert cells(*told, title="GAE lambda") == ["0.9", "–"]  # advanced, but changed
    assert cells(*told, title="Beta") == ["–", "0.5"]
    assert cells(*told, title="Value clip") == []  # advanced and left as it is


def test_what_two_arms_of_a_method_differ_in_is_bold(runs):
    runs.arm("a", {100: [1.0] * 8}, recipe=DpoRecipe(beta=0.5))
    runs.arm("b", {100: [1.0] * 8}, recipe=DpoRecipe(beta=0.1))
    told = settings_table(setup_of(runs))
    assert cells(*told, title="Beta") == ["<b>0.5</b>", "<b>0.1</b>"]
    assert cells(*told, title="Epochs") == ["1.0", "1.0"]


def test_runs_tell_what_they_cost_and_how_they_ended(runs):
    runs.arm("dpo", {50: [1.0] * 8, 100: [1.0] * 8})
    assert cells(runs_table(setup_of(runs)), title="dpo-s0") == ["0", "100", "800", "8,000", "50.0 s", "finished"]


def test_the_environment_is_what_the_runs_said(runs):
    runs.arm("dpo", {100: [1.0] * 8})
    told = environment(setup_of(runs))
    assert cells(told, title="device") == ["a CPU"]
    assert cells(told, title="torch") == ["2.13.0"]


def test_a_dataset_that_was_removed_is_passed_over(runs):
    runs.arm("dpo", {100: [1.0] * 8})
    with pytest.raises(NotFound):
        runs.project.dataset("pairs")
    assert setup_of(runs).datasets == []


def test_the_question_of_one_arm_asks_how_much_it_gained(runs):
    runs.start()
    runs.arm("dpo", {100: [1.0] * 8})
    comparison = compare_runs(runs.project)
    assert question(setup_of(runs), comparison) == "How much better are the responses of dpo, by vader?"


def test_settings_stand_under_the_names_that_the_comparison_gives_the_arms(runs):
    run = runs.arm("old", {100: [1.0] * 8}, recipe=DpoRecipe(beta=0.5))
    with runs.project.edit() as edit:
        edit.change(runs={"stories": {run.id: "new", f"eval-{run.id}": "new"}})
    assert cells(*settings_table(setup_of(runs)), title="setting") == ["new"]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/home/ada/data/pairs.jsonl", "pairs.jsonl"),
        ("data/pairs.jsonl.gz", "pairs.jsonl.gz"),
        ("C:\\Users\\ada\\pairs.csv", "pairs.csv"),
        ("trl-lib/ultrafeedback_binarized", "trl-lib/ultrafeedback_binarized"),
        ("org/data-v1.0", "org/data-v1.0"),
    ],
)
def test_a_file_is_named_without_its_folders_and_a_hub_dataset_in_full(source, shown):
    assert source_name(source) == shown
