from tests.evaluated_runs import STARTED
from workbench.compare import compare_runs
from workbench.compare.costs import Cost
from workbench.domain.events import CheckpointSaved, Metrics
from workbench.domain.recipes import RewardRecipe
from workbench.domain.records import Inputs, Job


def test_tokens_and_seconds_are_those_at_the_last_evaluated_checkpoint_mean_over_seeds(runs):
    runs.start()
    runs.arm("dpo", {50: [1.0] * 8, 100: [1.0] * 8}, seed=0)
    runs.arm("dpo", {50: [1.0] * 8, 200: [1.0] * 8}, seed=1)
    reference, dpo = compare_runs(runs.project).arms
    assert dpo.cost == Cost(seconds=75, device_seconds=75, tokens=12_000, generated=0)
    assert reference.cost == Cost()


def test_ppo_generated_its_episodes_at_their_mean_length(runs):
    lengths = [
        Metrics(step=step, seconds=1, values={"objective/length": length}) for step, length in ((1, 20.0), (2, 30.0))
    ]
    runs.start()
    runs.arm("ppo", {100: [1.0] * 8}, method="ppo", events=lengths)
    ppo = compare_runs(runs.project).arms[1]
    assert ppo.cost.generated == 800 * 25.0


def test_a_run_on_two_gpus_holds_two_devices(runs):
    runs.start()
    begun = STARTED.model_copy(update={"device": "cuda:0", "processes": 2})
    runs.arm("dpo", {100: [1.0] * 8}, events=[begun])
    dpo = compare_runs(runs.project).arms[1]
    assert (dpo.cost.seconds, dpo.cost.device_seconds) == (50, 100)


def test_the_reward_model_counts_towards_the_time_that_a_device_was_held(runs):
    runs.start()
    reward = Job(id="reward-s0", name="reward", method="reward", recipe=RewardRecipe(), inputs=Inputs(model="m"))
    runs.project.add_job(reward)
    runs.project.run(reward.id).append(CheckpointSaved(step=9, folder="checkpoints/checkpoint-9", seconds=30))
    job = runs.arm("ppo", {100: [1.0] * 8}, method="ppo")
    path = runs.project.run_folder(job.id) / "job.json"
    path.write_text(path.read_text().replace('"needs": []', '"needs": ["reward-s0"]'))
    ppo = compare_runs(runs.project).arms[1]
    assert (ppo.cost.seconds, ppo.cost.device_seconds) == (50, 80)
