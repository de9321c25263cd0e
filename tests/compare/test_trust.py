import pyarrow as pa
import pyarrow.parquet as pq

from workbench.compare import compare_runs
from workbench.domain.events import Metrics
from workbench.domain.recipes import RewardRecipe
from workbench.domain.records import DataInput, Inputs, Job

FLAT = [0.0] * 8
HELD_OUT = DataInput(name="pairs", sha256="beef0000" * 8, split="validation")


def add_pairs(project, n_held_out: int, n_ties: int = 0) -> None:
    """Adds the columns of a dataset that say which pairs are held out: those, ties first, stand after 100 others."""
    folder = project.dataset_folder("pairs")
    folder.mkdir(parents=True)
    splits, ties = (
        ["train"] * 100 + ["validation"] * n_held_out,
        [place < 100 + n_ties for place in range(100 + n_held_out)],
    )
    pq.write_table(pa.table({"split": splits, "tie": ties}), folder / "pairs.parquet")


def add_reward_model(project, seed: int, *accuracies: float) -> str:
    inputs = Inputs(model="models/base", validation=HELD_OUT)
    job = Job(id=f"reward-s{seed}", name="reward", method="reward", recipe=RewardRecipe(), inputs=inputs, seed=seed)
    project.add_job(job)
    for step, accuracy in enumerate(accuracies, 1):
        values = {"eval_accuracy": accuracy}
        project.run(job.id).append(Metrics(step=step, episodes=8, tokens=80, seconds=1, values=values))
    return f"run:{job.id}"


def add_arm(runs, reward: str, seed: int = 0) -> None:
    runs.start(FLAT, seed=seed)
    runs.arm("ppo", {10: FLAT}, method="ppo", seed=seed, reward=reward, judged_by=reward)


def trust(project) -> list[str]:
    return [told.sentence for told in compare_runs(project).statements if told.rule == "reward"]


def test_the_reward_model_is_told_by_its_last_accuracy_on_held_out_pairs(runs):
    add_pairs(runs.project, 256)
    add_arm(runs, add_reward_model(runs.project, 0, 0.5, 158 / 256))
    assert trust(runs.project) == [
        "The reward model behind the proxy ranks 61.7 % of the 256 pairs held out of pairs rightly (55.6 to 67.5)."
    ]


def test_reward_models_of_several_seeds_are_told_by_their_mean_over_the_pairs_of_one(runs):
    add_pairs(runs.project, 256)
    for seed, accuracy in enumerate((148 / 256, 168 / 256)):
        add_arm(runs, add_reward_model(runs.project, seed, accuracy), seed)
    assert trust(runs.project) == [
        "The 2 reward models behind the proxy rank 61.7 % of the 256 pairs held out of pairs rightly in the mean (55.6 to 67.5)."
    ]


def test_a_reward_model_no_better_than_a_coin_is_told_to_be_so(runs):
    add_pairs(runs.project, 100)
    add_arm(runs, add_reward_model(runs.project, 0, 0.55))
    assert "not told apart from tossing a coin" in trust(runs.project)[0]


def test_ties_do_not_count(runs):
    add_pairs(runs.project, 800, n_ties=400)
    add_arm(runs, add_reward_model(runs.project, 0, 0.75))
    assert "75.0 % of the 400 pairs held out" in trust(runs.project)[0]


def test_no_more_pairs_count_than_training_is_measured_on(runs):
    add_pairs(runs.project, 800)
    add_arm(runs, add_reward_model(runs.project, 0, 0.75))
    assert "75.0 % of the 512 pairs held out" in trust(runs.project)[0]


def test_nothing_is_told_of_a_reward_model_whose_pairs_are_not_known(runs):
    add_arm(runs, add_reward_model(runs.project, 0, 0.75))
    assert trust(runs.project) == []
