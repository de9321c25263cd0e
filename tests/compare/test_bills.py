import json
import struct
from pathlib import Path

import pytest
from evaluated_runs import BASE

from workbench.compare import compare_runs, costs_table
from workbench.domain.events import CheckpointSaved, Heartbeat, Metrics, Progress, Started
from workbench.domain.recipes import PpoRecipe, RewardRecipe, SftRecipe
from workbench.domain.records import Inputs, Job

FLAT = [0.0] * 8
N, N_REWARD = (
    512 + 64,
    64 + 8,
)  # weights that a token is multiplied with: all of a tied model; a reward model's no table


def write_model(folder: Path, **tensors: list[int]) -> None:
    folder.mkdir(parents=True)
    config = {"hidden_size": 8, "num_hidden_layers": 1, "vocab_size": 64, "num_attention_heads": 1}
    (folder / "config.json").write_text(json.dumps(config))
    named = {name.replace("_", "."): {"dtype": "F32", "shape": shape} for name, shape in tensors.items()}
    header = json.dumps(named).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)


def add_stage(
    runs, method: str, recipe, *, needs: tuple[str, ...] = (), episodes: int, tokens: int, took: float
) -> Job:
    job = Job(id=f"{method}-s0", name=method, method=method, recipe=recipe, inputs=Inputs(model=BASE), needs=needs,
              created=len(runs.project.jobs()))  # fmt: skip
    runs.project.add_job(job)
    folder = runs.project.run(job.id)
    folder.append(Started(pid=1, device="cpu", device_name="a CPU", precision="fp32", versions={}, at=1000))
    folder.append(Progress(phase="training", step=1, total=9, memory_mib=900, at=1001))
    saved = CheckpointSaved(
        step=9, folder="checkpoints/checkpoint-9", episodes=episodes, tokens=tokens, seconds=1, at=1002
    )
    folder.append(saved)
    folder.append(Heartbeat(at=1000 + took))
    return job


@pytest.fixture
def billed(runs):
    """Fine-tuning that PPO and DPO share, and a reward model that PPO alone rests on."""
    write_model(runs.project.folder / BASE, embed=[64, 8], layer=[8, 8])
    sft = add_stage(runs, "sft", SftRecipe(), episodes=50, tokens=1000, took=30)
    reward = add_stage(
        runs, "reward", RewardRecipe(normalize_samples=10), needs=(sft.id,), episodes=20, tokens=400, took=20
    )
    write_model(runs.project.run_folder(reward.id) / "checkpoints" / "checkpoint-9", embed=[64, 8], layer=[8, 8],
                score_weight=[1, 8])  # fmt: skip
    runs.start(FLAT)
    length = Metrics(step=1, seconds=1, values={"objective/length": 6.0})
    recipe = PpoRecipe(num_ppo_epochs=2)
    ppo = runs.arm("ppo", {10: FLAT}, method="ppo", recipe=recipe, reward=f"run:{reward.id}", events=[length])
    dpo = runs.arm("dpo", {10: FLAT})
    for job, needs in ((ppo, [sft.id, reward.id]), (dpo, [sft.id])):
        path = runs.project.run_folder(job.id) / "job.json"
        path.write_text(path.read_text().replace('"needs": []', f'"needs": {json.dumps(needs)}'))
    return compare_runs(runs.project)


def test_the_reward_model_is_on_ppos_bill_and_shared_fine_tuning_on_both(billed):
    ppo, dpo = billed.costs.arms
    assert [(line.stage, line.shared_with) for line in ppo.lines] == [
        ("fine-tuning", ("dpo",)),
        ("reward model", ()),
        ("PPO", ()),
    ]
    assert [(line.stage, line.shared_with) for line in dpo.lines] == [("fine-tuning", ("ppo",)), ("DPO", ())]


def test_examples_and_tokens_are_counted_alike(billed):
    _, reward, own = billed.costs.arms[0].lines
    assert (reward.prompts, reward.pairs, reward.tokens_trained) == (10, 20, 400)
    assert reward.tokens_generated == 10 * 10, "samples are as long as the start model's responses"
    assert (own.prompts, own.pairs) == (80, 0)
    assert own.tokens_trained == 2 * 800, "both PPO epochs train on each token"
    assert own.tokens_generated == 80 * 6
    dpo = billed.costs.arms[1].lines[1]
    assert (dpo.prompts, dpo.pairs, dpo.tokens_trained, dpo.tokens_generated) == (0, 80, 800, 0)


def test_operations_are_six_n_a_token_trained_and_two_n_a_token_read(billed):
    sft, reward, own = billed.costs.arms[0].lines
    assert sft.flops == 6 * N * 1000
    assert reward.flops == 6 * N_REWARD * 400 + 2 * (N + N_REWARD) * 10 * (400 / 40)
    assert own.flops == 800 * (2 * (3 * N + 2 * N_REWARD) + 2 * 6 * (N + N_REWARD))
    assert billed.costs.arms[1].lines[1].flops == (6 + 2) * N * 800


def test_an_arm_pays_for_its_stages_and_all_together_for_each_run_once(billed):
    ppo, dpo = billed.costs.arms
    assert ppo.total.pairs == 20
    assert ppo.total.flops == sum(line.flops for line in ppo.lines)
    own = [line for bill in (ppo, dpo) for line in bill.lines if line.stage in ("PPO", "DPO")]
    assert billed.costs.together.flops == sum(line.flops for line in (*ppo.lines[:2], *own))
    assert ppo.total.memory_mib == 900, "the most of any stage"


def test_time_is_from_start_to_end_and_stages_come_after_each_other(billed):
    sft, reward, _ = billed.costs.arms[0].lines
    assert (sft.wall_s, reward.wall_s) == (30, 20)
    together = billed.costs.arms[0].total
    assert together.wall_s == together.device_s


def test_the_table_names_what_is_shared_and_adds_up(billed):
    rows = [[cell.words for cell in row.cells[:4]] for row in costs_table(billed.costs).rows]
    assert rows == [
        ["ppo", "fine-tuning, shared", "0", "0"],
        ["ppo", "reward model", "10", "20"],
        ["ppo", "PPO", "80", "0"],
        ["ppo", "in all", "90", "20"],
        ["dpo", "fine-tuning, shared", "0", "0"],
        ["dpo", "DPO", "0", "80"],
        ["dpo", "in all", "0", "80"],
        ["all runs", "each once", "90", "100"],
    ]


def test_without_its_model_an_arm_has_no_operations_but_all_else(runs):
    runs.start(FLAT)
    runs.arm("dpo", {10: FLAT})
    (bill,) = compare_runs(runs.project).costs.arms
    assert (bill.total.flops, bill.total.pairs) == (None, 80)
