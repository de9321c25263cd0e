"""An evaluation run from its job to samples and means, with a real small model."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from workbench.data.splits import Splitter, default_fractions
from workbench.data.store import RowWriter
from workbench.domain.errors import BadInput
from workbench.domain.events import Evaluated, Started
from workbench.domain.metrics import CATALOGUE
from workbench.domain.pairs import DatasetKind, Row, plain
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe
from workbench.domain.records import DataInput, Inputs, Job
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.training.evaluate import run
from workbench.training.models import load_policy, load_scoring_model
from workbench.training.scoring import RewardSettings
from workbench.training.session import RunSession, StopRun

PROMPTS = [f"One day, {name} {deed}." for name in ("Tom", "Lily", "Max") for deed in ("saw a cat", "lost a toy")]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def stories(shared: Path) -> Path:
    return shared / "models" / "stories260K"


@pytest.fixture(scope="module")
def template(stories: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with six prompts, a run with two checkpoints that moved away from the start model, a reward model."""
    torch.set_num_threads(1)
    project = Project.create(tmp_path_factory.mktemp("project") / "p", "p")
    add_prompts(project, PROMPTS)
    add_run(project, stories)
    model, tokenizer = load_scoring_model(stories, CPU, head_seed=0)
    for part in (model, tokenizer):
        part.save_pretrained(project.folder / "reward")
    RewardSettings(mean=1.0, std=2.0).write(project.folder / "reward")
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(template.folder, tmp_path / "p")))


def add_prompts(project: Project, prompts: list[str], name: str = "prompts") -> None:
    folder = project.dataset_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    with RowWriter(folder, Splitter(0, default_fractions(DatasetKind.PROMPTS))) as writer:
        for prompt in prompts:
            writer.add(Row(prompt=plain(prompt)))
        (folder / "sha256").write_text(writer.finish())


def add_run(project: Project, start: Path) -> None:
    inputs = Inputs(model=str(start))
    project.add_job(Job(id="dpo-s0", name="dpo", method="dpo", recipe=DpoRecipe(), inputs=inputs))
    for step, distance in ((10, 0.02), (20, 0.05)):
        model, tokenizer = load_policy(start, CPU)
        generator = torch.Generator().manual_seed(step)
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(distance * torch.randn(weight.shape, generator=generator))
        final = checkpoint_folder(project.run_folder("dpo-s0"), step)
        temporary = final.with_name(".tmp")
        for part in (model, tokenizer):
            part.save_pretrained(temporary)
        commit_checkpoint(temporary, final, step, None, None, 1.0)


def evaluation(project: Project, start: Path, *, model: str = "run:dpo-s0", id_: str = "e", **recipe: object) -> Job:
    settings = {"max_new_tokens": 12, "judges": ("vader", "length")} | recipe
    sha256 = (project.dataset_folder("prompts") / "sha256").read_text()
    return Job(
        id=id_,
        name="evaluate",
        method="evaluate",
        recipe=EvaluateRecipe(**settings),
        inputs=Inputs(
            model=model, reference=str(start), reward="reward", prompts=DataInput(name="prompts", sha256=sha256)
        ),
        device="cpu",
    )


def evaluate(project: Project, job: Job) -> list[Evaluated]:
    project.add_job(job)
    with RunSession.open(project.run_folder(job.id)) as session:
        run(job, session)
    return evaluated(project, job)


def evaluated(project: Project, job: Job) -> list[Evaluated]:
    events, _ = RunFolder(project.run_folder(job.id)).events()
    return [event for event in events if isinstance(event, Evaluated)]


def samples(project: Project, job: Job, step: int) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = pq.read_table(
        project.run_folder(job.id) / "samples" / f"checkpoint-{step}.parquet"
    ).to_pydict()
    return columns


def test_the_start_model_has_no_kl_to_itself(project: Project, stories: Path) -> None:
    job = evaluation(project, stories, model=str(stories))
    [event] = evaluate(project, job)
    columns = samples(project, job, 0)
    assert event.step == 0
    for name in ("kl", "kl_k1", "kl_k3"):
        assert columns[name] == pytest.approx([0.0] * len(PROMPTS), abs=1e-6)
    assert columns["logp_policy"] == pytest.approx(columns["logp_reference"])


def test_every_checkpoint_gets_every_column_for_every_prompt(project: Project, stories: Path) -> None:
    job = evaluation(project, stories)
    assert [event.step for event in evaluate(project, job)] == [10, 20]
    for step in (10, 20):
        columns = samples(project, job, step)
        assert set(columns) == {
            "prompt_key", "prompt", "response", "n_tokens", "stop_reason", "proxy", "gold", "logp_policy",
            "logp_reference", "kl", "kl_k1", "kl_k3", "kl_tokens", "entropy", "score:length",
        }  # fmt: skip
        assert columns["prompt"] == PROMPTS
        assert [len(kl) for kl in columns["kl_tokens"]] == columns["n_tokens"]
        assert [sum(kl) for kl in columns["kl_tokens"]] == pytest.approx(columns["kl"], rel=2e-3)  # half precision
        assert columns["score:length"] == [len(str(text)) for text in columns["response"]]
        assert None not in [value for values in columns.values() for value in values]


def test_validation_prompts_choose_apart_from_test_prompts_and_change_none_of_their_samples(
    project: Project, stories: Path
) -> None:
    alone = evaluation(project, stories, id_="alone")
    evaluate(project, alone)
    add_prompts(project, ["Once there was a fox.", PROMPTS[0], "Mia had a red hat.", "It rained."], "more")
    job = evaluation(project, stories, id_="both", max_validation_prompts=2)
    more = DataInput(name="more", sha256=(project.dataset_folder("more") / "sha256").read_text())
    job = job.model_copy(update={"inputs": job.inputs.model_copy(update={"validation": more})})
    events = evaluate(project, job)
    folder = project.run_folder(job.id) / "samples"
    for event in events:
        chosen_by = pq.read_table(folder / f"validation-{event.step}.parquet").to_pydict()
        assert chosen_by["prompt"] == ["Once there was a fox.", "Mia had a red hat."]  # no test prompt, and two at most
        assert event.values["eval/validation_gold"] == pytest.approx(sum(chosen_by["gold"]) / 2)
        assert samples(project, job, event.step) == samples(project, alone, event.step)


def test_means_in_the_log_are_those_of_the_samples_and_all_are_defined(project: Project, stories: Path) -> None:
    job = evaluation(project, stories, checkpoints="last")
    [event] = evaluate(project, job)
    columns = samples(project, job, 20)
    kl, tokens = [float(str(x)) for x in columns["kl"]], [int(str(x)) for x in columns["n_tokens"]]
    assert event.values["eval/kl"] == pytest.approx(sum(kl) / len(kl))
    assert event.values["eval/kl"] > 0.01
    assert event.values["eval/kl_per_token"] == pytest.approx(sum(kl) / sum(tokens))
    assert {name for name in event.values if not name.startswith("eval/score/")} <= set(CATALOGUE)
    assert event.values["eval/score/length"] == pytest.approx(sum(len(str(t)) for t in columns["response"]) / 6)


def test_the_same_seed_gives_the_same_samples_whatever_the_batch_size(project: Project, stories: Path) -> None:
    first = evaluation(project, stories, id_="first", checkpoints="last")
    again = evaluation(project, stories, id_="again", checkpoints="last", batch_size=4)
    other = evaluation(project, stories, id_="other", checkpoints="last").model_copy(update={"seed": 1})
    for job in (first, again, other):
        evaluate(project, job)
    assert samples(project, again, 20)["response"] == samples(project, first, 20)["response"]
    assert samples(project, again, 20)["kl"] == pytest.approx(samples(project, first, 20)["kl"], abs=1e-4)
    assert samples(project, other, 20)["response"] != samples(project, first, 20)["response"]


def test_a_resumed_evaluation_skips_what_is_done(project: Project, stories: Path) -> None:
    job = evaluation(project, stories)
    evaluate(project, job)
    (project.run_folder(job.id) / "samples" / "checkpoint-20.parquet").unlink()
    before = (project.run_folder(job.id) / "samples" / "checkpoint-10.parquet").stat().st_mtime_ns
    assert [event.step for event in evaluate(project, job)] == [10, 20, 20]
    assert (project.run_folder(job.id) / "samples" / "checkpoint-10.parquet").stat().st_mtime_ns == before
    events, _ = RunFolder(project.run_folder(job.id)).events()
    assert sum(isinstance(event, Started) for event in events) == 2


def test_a_stop_is_honoured_between_batches_and_leaves_no_half_file(project: Project, stories: Path) -> None:
    job = evaluation(project, stories, batch_size=2)
    project.add_job(job)
    RunFolder(project.run_folder(job.id)).request_pause()
    with RunSession.open(project.run_folder(job.id)) as session, pytest.raises(StopRun, match="paused at step 10"):
        run(job, session)
    assert evaluated(project, job) == []
    assert not (project.run_folder(job.id) / "samples").exists()


def test_the_proxy_is_the_reward_models_normalised_score_of_the_text(project: Project, stories: Path) -> None:
    job = evaluation(project, stories, checkpoints="last", judges=("reward:reward",))
    [event] = evaluate(project, job)
    assert event.values["eval/gold"] == pytest.approx(event.values["eval/proxy"])
    without = evaluation(project, stories, id_="without", checkpoints="last", proxy=False)
    [event] = evaluate(project, without)
    assert "eval/proxy" not in event.values
    assert samples(project, without, 20)["proxy"] == [None] * len(PROMPTS)


def test_a_stop_string_ends_a_response_and_is_no_part_of_its_text(project: Project, stories: Path) -> None:
    job = evaluation(project, stories, checkpoints="last", max_new_tokens=40, stop_strings=("e",))
    evaluate(project, job)
    columns = samples(project, job, 20)
    stopped = [
        text for text, why in zip(columns["response"], columns["stop_reason"], strict=True) if why == "stop_string"
    ]
    assert stopped
    assert not any("e" in str(text) for text in stopped)


def test_a_prompt_too_long_for_the_model_is_cut_and_said(project: Project, stories: Path) -> None:
    add_prompts(project, ["Once upon a time there was a dog. " * 100, *PROMPTS])
    job = evaluation(project, stories, checkpoints="last", max_prompts=2)
    evaluate(project, job)
    log = (project.run_folder(job.id) / "events.jsonl").read_text()
    assert "1 of 2 prompts lost their beginning" in log


def test_a_response_as_long_as_the_context_is_refused(project: Project, stories: Path) -> None:
    job = evaluation(project, stories, max_new_tokens=512)
    with pytest.raises(BadInput, match="leave no room for a prompt"):
        evaluate(project, job)


def test_a_policy_with_other_tokens_than_the_reference_is_refused(project: Project, stories: Path) -> None:
    babyllama = stories.parent / "babyllama105"
    job = evaluation(project, stories, model=str(babyllama))
    with pytest.raises(BadInput, match="no KL between them is defined"):
        evaluate(project, job)


def test_an_ensemble_and_a_held_out_reward_model_stand_as_further_judges(project: Project, stories: Path) -> None:
    model, tokenizer = load_scoring_model(stories, CPU, head_seed=1)
    for part in (model, tokenizer):
        part.save_pretrained(project.folder / "other")
    RewardSettings(mean=0.0, std=1.0).write(project.folder / "other")
    job = evaluation(
        project, stories, judges=("length", "ensemble:./reward,./other", "reward:./reward", "reward:./other")
    )
    job = job.model_copy(update={"inputs": job.inputs.model_copy(update={"heldout": "./other"})})
    evaluate(project, job)
    found = samples(project, job, 20)
    scores = {name.removeprefix("score:"): np.array(found[name]) for name in found if name.startswith("score:")}
    members = [scores["reward:./reward"], scores["reward:./other"]]
    assert scores["ensemble:./reward,./other"] == pytest.approx((members[0] + members[1]) / 2)
    assert scores["ensemble:./reward,./other minimum"] == pytest.approx(
        [min(pair) for pair in zip(*members, strict=True)]
    )
    assert scores["ensemble:./reward,./other spread"] == pytest.approx(abs(members[0] - members[1]) / 2)
    assert scores["held-out reward model"] == pytest.approx(members[1])
