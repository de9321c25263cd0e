import pyarrow as pa
import pyarrow.parquet as pq
from evaluated_runs import keys

from workbench.compare import compare_runs
from workbench.domain.pairs import plain, prompt_key
from workbench.domain.samples import chooses

KEYS = keys(8)


def golds(choosing: float, reporting: float) -> list[float]:
    """Gold scores of eight test prompts: one value for the half that chooses, another for the half that reports."""
    return [choosing if chooses(key) else reporting for key in KEYS]


def validate(runs, run_id: str, gold: dict[int, list[float]]) -> None:
    """Adds validation samples to an evaluation."""
    folder = runs.project.run_folder(f"eval-{run_id}") / "samples"
    for step, values in gold.items():
        names = [prompt_key(plain(f"Other {i}")) for i in range(len(values))]
        columns = {"prompt_key": names, "gold": values, "stop_reason": ["eos"] * len(values)}
        pq.write_table(pa.table(columns), folder / f"validation-{step}.parquet")


def test_a_key_chooses_by_its_last_digit_so_that_both_halves_are_of_about_a_size():
    assert [digit for digit in "0123456789abcdef" if chooses(f"7{digit}")] == list("02468bdf")
    assert sum(map(chooses, keys(1000))) in range(450, 551)


def test_validation_prompts_choose_whatever_the_test_prompts_say(runs):
    runs.start()
    run = runs.arm("dpo", {50: golds(0, 0), 100: golds(9, 9)})
    validate(runs, run.id, {50: [1.0, 1.0], 100: [0.0, 0.0]})
    compared = compare_runs(runs.project)
    dpo = compared.arms[1]
    assert (dpo.best.steps, dpo.chosen_on) == ((50,), "validation")
    assert dpo.best.gold is not None
    assert dpo.best.gold.n == 8, "nothing of the test was used up"
    assert compared.selection == (
        "Best checkpoints were chosen by mean gold score on 2 validation prompts, none of them a test prompt. Training reward "
        "chooses nothing."
    )


def test_without_validation_prompts_one_half_of_the_test_prompts_chooses_and_the_other_reports(runs):
    runs.start()
    runs.arm("dpo", {50: golds(choosing=2, reporting=0), 100: golds(choosing=1, reporting=9)})
    compared = compare_runs(runs.project)
    dpo = compared.arms[1]
    n_choosing = sum(map(chooses, KEYS))
    assert dpo.best.gold is not None
    assert dpo.best.win_rate is not None
    assert (dpo.best.steps, dpo.best.gold.mean, dpo.best.gold.n) == ((50,), 0, 8 - n_choosing)
    assert dpo.best.win_rate.n == 8 - n_choosing
    assert (dpo.last.gold.n, dpo.chosen_on) == (8, "half"), "at the last checkpoint nothing is chosen"
    assert (
        f"a fixed half of the test prompts ({n_choosing}), and what is reported of them is from the other"
        in compared.selection
    )


def test_an_evaluation_that_validated_only_some_checkpoints_so_far_chooses_by_halves(runs):
    run = runs.arm("dpo", {50: golds(2, 0), 100: golds(1, 0)})
    validate(runs, run.id, {100: [5.0]})
    assert compare_runs(runs.project).arms[0].chosen_on == "half"


def test_of_one_checkpoint_nothing_is_chosen_and_all_prompts_report(runs):
    runs.start()
    runs.arm("dpo", {50: golds(1, 1)})
    dpo = compare_runs(runs.project).arms[1]
    assert dpo.best == dpo.last
    assert dpo.chosen_on == "nothing"
