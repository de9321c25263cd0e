from evaluated_runs import PAIRS, PROMPTS

from tests.storage.records import dataset
from workbench.compare import compare_runs
from workbench.compare.arms import gather_arms
from workbench.compare.pins import pin_down
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe
from workbench.domain.records import DataInput
from workbench.storage.files import write_record

FLAT = [0.0] * 8


def lines(runs) -> list[str]:
    return [f"{'=' if pin.is_same else '≠'} {pin.line}" for pin in pin_down(gather_arms(runs.project), runs.project)]


def add_pairs(runs, **counts: int) -> None:
    record = dataset(PAIRS.name, content=PAIRS.sha256, **counts)
    runs.project.dataset_folder(PAIRS.name).mkdir(parents=True)
    write_record(runs.project.dataset_folder(PAIRS.name) / "dataset.json", record)
    with runs.project.edit() as edit:
        edit.add_dataset(PAIRS.name, record.splits)


def test_what_all_arms_have_in_common_stands_line_by_line(runs):
    add_pairs(runs, train=90, validation=5, test=5)
    runs.start(FLAT)
    runs.arm("a", {100: FLAT})
    runs.arm("b", {100: FLAT}, recipe=DpoRecipe(beta=0.5))
    assert lines(runs) == [
        "= start model: models/base",
        f"= training pairs: pairs (train) {PAIRS.sha256[:8]}",
        "= splits: train 90, validation 5, test 5, by prompt, seed 0 c",
        "= budget: no limit",
        f"= test prompts: prompts {PROMPTS.sha256[:8]}",
        "= validation prompts: none: one half of the test prompts chooses",
        "= sampling: temperature 1, at most 48 tokens",
        "= judges: vader",
    ]


def test_what_differs_is_told_for_each_arm_and_as_a_warning(runs):
    runs.start(FLAT)
    runs.arm("a", {100: FLAT}, evaluation=EvaluateRecipe(judges=("vader",), temperature=0.7))
    compared = compare_runs(runs.project)
    (pin,) = compared.unequal
    assert pin.line == (
        "sampling: start model: temperature 1, at most 48 tokens; a: temperature 0.7, at most 48 tokens"
    )
    assert pin.sentence in compared.warnings
    found = {each["name"]: each["same"] for each in compared.to_json()["fairness"]}
    assert (found["sampling"], found["judges"]) == (False, True)


def test_seeds_of_one_arm_that_were_sampled_differently_are_not_the_same(runs):
    runs.arm("a", {100: FLAT}, seed=0)
    runs.arm("a", {100: FLAT}, seed=1, evaluation=EvaluateRecipe(judges=("vader",), temperature=0.7))
    assert "≠ sampling: a: temperature 0.7, at most 48 tokens and temperature 1, at most 48 tokens" in lines(runs)


def test_other_validation_prompts_are_told(runs):
    runs.arm("a", {100: FLAT})
    job = runs.arm("b", {100: FLAT}, recipe=DpoRecipe(beta=0.5))
    path = runs.project.run_folder(f"eval-{job.id}") / "job.json"
    choosing = DataInput(name="pairs", sha256="ab" * 32, split="validation")
    path.write_text(path.read_text().replace('"validation": null', f'"validation": {choosing.model_dump_json()}'))
    assert (
        "≠ validation prompts: a: none: one half of the test prompts chooses; b: pairs (validation) abababab, first 64"
    ) in lines(runs)


def test_a_judge_in_a_file_that_was_changed_is_another_judge(runs):
    judged = EvaluateRecipe(judges=("./judge.py:score",))
    for name, beta, content in (("a", 0.1, "a" * 64), ("b", 0.5, "b" * 64)):
        job = runs.arm(name, {100: FLAT}, recipe=DpoRecipe(beta=beta), evaluation=judged)
        path = runs.project.run_folder(f"eval-{job.id}") / "job.json"
        hashes = f'"input_hashes": {{"judge 0": "{content}:score"}}'
        path.write_text(path.read_text().replace('"input_hashes": {}', hashes))
    assert "≠ judges: a: ./judge.py:score aaaaaaaa; b: ./judge.py:score bbbbbbbb" in lines(runs)


def test_other_validation_prompts_do_not_bar_a_verdict_on_the_last_checkpoints(runs):
    runs.start(FLAT)
    runs.arm("a", {100: FLAT})
    job = runs.arm("b", {100: FLAT}, recipe=DpoRecipe(beta=0.5))
    path = runs.project.run_folder(f"eval-{job.id}") / "job.json"
    choosing = DataInput(name="pairs", sha256="ab" * 32, split="validation")
    path.write_text(path.read_text().replace('"validation": null', f'"validation": {choosing.model_dump_json()}'))
    compared = compare_runs(runs.project)
    assert [pin.name for pin in compared.unequal] == ["validation prompts"]
    assert compared.unequal[0].sentence in compared.warnings
    assert "Not comparable" not in compared.verdict
