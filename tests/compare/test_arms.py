import pytest
from evaluated_runs import BASE, write_samples

from workbench.compare.arms import gather_arms
from workbench.compare.curves import start_track
from workbench.compare.fairness import oddities
from workbench.compare.pins import pin_down
from workbench.domain.errors import NotFound
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe, RewardRecipe, SftRecipe
from workbench.domain.records import Inputs, Job
from workbench.domain.samples import PROXY

FLAT = [0.0] * 8
HIGH = [1.0] * 8


def test_runs_of_one_arm_are_its_seeds_and_the_start_model_comes_first(runs):
    for seed in (1, 0):
        runs.start(seed=seed)
        runs.arm("dpo", {50: FLAT, 100: HIGH}, seed=seed)
    reference, dpo = gather_arms(runs.project)
    assert (reference.name, reference.method, reference.seeds) == ("reference", "reference", (0, 1))
    assert (dpo.name, dpo.method, dpo.seeds) == ("dpo", "dpo", (0, 1))
    assert [point.step for point in dpo.tracks[0].points] == [50, 100]
    assert dpo.tracks[0].last.spent == (800, 8000, 50)  # episodes, tokens, seconds of the checkpoint


def test_the_best_checkpoint_has_the_highest_mean_gold_and_the_earlier_one_of_equals(runs):
    runs.arm("dpo", {10: FLAT, 20: HIGH, 30: HIGH, 40: FLAT})
    track = gather_arms(runs.project)[0].tracks[0]
    assert track.best.step == 20
    assert track.last.step == 40


def test_arms_of_one_name_with_other_settings_stay_apart(runs):
    runs.start()
    runs.arm("dpo", {100: FLAT}, seed=0)
    runs.arm("dpo", {100: FLAT}, seed=1, recipe=DpoRecipe(beta=0.5))
    assert [arm.name for arm in gather_arms(runs.project)] == ["reference", "dpo", "dpo 2"]


def test_a_run_that_was_not_evaluated_waits(runs):
    runs.start()
    runs.arm("dpo", {}, seed=3)
    dpo = gather_arms(runs.project)[1]
    assert dpo.tracks == ()
    assert [track.seed for track in dpo.waiting] == [3]


def test_an_arm_keeps_its_place_while_it_waits_for_its_evaluation_so_that_no_other_changes_colour(runs):
    runs.start()
    ppo = runs.arm("ppo", {}, method="ppo")
    runs.arm("dpo", {100: FLAT})
    assert [(arm.name, arm.place) for arm in gather_arms(runs.project)] == [("reference", 0), ("ppo", 2), ("dpo", 1)]
    inputs = Inputs(model=f"run:{ppo.id}", reference=BASE)
    runs.project.add_job(Job(id="eval-ppo", name="ppo", method="evaluate", recipe=EvaluateRecipe(), inputs=inputs))
    assert [(arm.name, arm.place) for arm in gather_arms(runs.project)] == [("reference", 0), ("ppo", 1), ("dpo", 2)]


def test_named_runs_bring_their_start_model_and_nothing_else(runs):
    start = runs.start()
    chosen, _ = runs.arm("dpo", {100: FLAT}), runs.arm("ppo", {100: FLAT}, method="ppo")
    assert [arm.name for arm in gather_arms(runs.project, [chosen.id])] == ["reference", "dpo"]
    assert [arm.name for arm in gather_arms(runs.project, [f"eval-{chosen.id}"])] == ["reference", "dpo"]
    assert [arm.name for arm in gather_arms(runs.project, [start.id])] == ["reference"]


def test_an_unknown_run_is_refused(runs):
    with pytest.raises(NotFound, match="no run nowhere"):
        gather_arms(runs.project, ["nowhere"])


def test_start_models_that_were_fine_tuned_alike_under_each_seed_are_one_arm(runs):
    for seed in (0, 1):
        sft = Job(id=f"sft-s{seed}", name="sft", method="sft", seed=seed, recipe=SftRecipe(), inputs=Inputs(model=BASE))
        runs.project.add_job(sft)
        runs.start(seed=seed, model=f"run:sft-s{seed}")
        runs.arm("dpo", {100: HIGH}, seed=seed, model=f"run:sft-s{seed}")
    reference, dpo = gather_arms(runs.project)
    assert reference.seeds == dpo.seeds == (0, 1)
    assert reference.start == dpo.start


def test_reward_models_that_were_trained_alike_on_each_seeds_fine_tuned_model_are_one_arm(runs):
    for seed in (0, 1):
        sft = Job(id=f"sft-s{seed}", name="sft", method="sft", seed=seed, recipe=SftRecipe(), inputs=Inputs(model=BASE))
        inputs = Inputs(model=f"run:{sft.id}")
        judge = Job(id=f"rm-s{seed}", name="rm", method="reward", seed=seed, recipe=RewardRecipe(), inputs=inputs)
        for job in (sft, judge):
            runs.project.add_job(job)
        runs.arm("ppo", {100: HIGH}, seed=seed, method="ppo", model=f"run:{sft.id}", reward=f"run:{judge.id}")
    assert [(arm.name, arm.seeds) for arm in gather_arms(runs.project)] == [("ppo", (0, 1))]


def test_of_two_evaluations_the_one_with_more_checkpoints_counts(runs):
    run = runs.arm("dpo", {50: FLAT, 100: FLAT})
    later = Job(id="eval-again", name="dpo", method="evaluate", recipe=runs.evaluation,
                inputs=Inputs(model=f"run:{run.id}", reference=BASE), created=9e9)  # fmt: skip
    runs.project.add_job(later)
    runs._sampled(later, {100: (HIGH, {})})
    track = gather_arms(runs.project)[0].tracks[0]
    assert track.evaluation is not None
    assert track.evaluation.id == f"eval-{run.id}"
    assert len(track.points) == 2


def test_evaluations_of_models_that_nothing_started_from_are_not_the_reference(runs):
    runs.start()
    runs.start(seed=1, model="models/another")
    runs.arm("dpo", {100: HIGH})
    assert gather_arms(runs.project)[0].seeds == (0,)


def test_a_start_model_that_several_rewards_scored_is_for_each_arm_what_its_own_says(runs):
    summed = EvaluateRecipe(judges=("vader",), rewards=("model", "0.5*length"))
    runs.start(HIGH, proxy=FLAT)
    alone = runs.arm("alone", {100: HIGH}, evaluation=EvaluateRecipe(judges=("vader",)))
    both = runs.arm("both", {100: HIGH}, evaluation=summed)
    first = runs.project.job("eval-reference-s0")
    write_again(runs, first, summed, proxy=HIGH)
    start, *arms = gather_arms(runs.project)
    assert [arm.jobs[0].id for arm in arms] == [alone.id, both.id]
    proxies = [start_track(arm.tracks[0], start).last.samples.column(PROXY).tolist() for arm in arms]
    assert proxies == [FLAT, HIGH]
    assert len(start.tracks) == 1
    assert all(pin.is_same for pin in pin_down([start, *arms]))
    said = [sentence for sentence in oddities([start, *arms]) if "different rewards" in sentence]
    assert said == [
        "Proxy scores are from different rewards: alone the reward model; both the reward model + 0.5*length. Read each "
        "against the start model, never against another arm's."
    ]


def write_again(runs, evaluation: Job, recipe: EvaluateRecipe, **columns) -> None:
    """Evaluates a start model once more, with another recipe: the same answers, another proxy."""
    job = evaluation.model_copy(update={"id": f"{evaluation.id}-again", "recipe": recipe, "created": 2000.0})
    runs.project.add_job(job)
    folder = runs.project.run_folder(job.id)
    write_samples(folder / "samples/checkpoint-0.parquet", HIGH, **columns)
