"""PPO on rewards that are more than one model: real runs of a few updates."""

import shutil
from pathlib import Path

import pytest

from tests.training.ppo_project import add_run, make_project
from tests.training.ppo_runs import Add, assert_equal_weights, said, weights, work
from workbench.domain.errors import BadInput
from workbench.domain.events import Metrics
from workbench.domain.metrics import is_known
from workbench.domain.records import Job
from workbench.storage.files import read_record, write_record
from workbench.training.ppo import train
from workbench.training.session import RunSession


@pytest.fixture(scope="module")
def add(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Add:
    project = make_project(tmp_path_factory.mktemp("ppo") / "project", shared)
    (project / "rules.py").write_text(
        "def words(prompts, responses):\n    return [len(r.split()) for r in responses]\n"
    )
    return lambda name, **changes: add_run(project, shared, name, **changes)


def with_rewards(folder: Path, *models: str) -> Path:
    """Names the reward models that the experiment trained for a run."""
    job = read_record(folder / "job.json", Job)
    names = {"reward": models[0] if models else None, "more_rewards": tuple(models[1:])}
    write_record(folder / "job.json", job.model_copy(update={"inputs": job.inputs.model_copy(update=names)}))
    return folder


def test_terms_add_up_to_the_score_and_caps_to_what_is_optimised(add: Add) -> None:
    recipe = {
        "rewards": ("model", "0.5*vader", "-0.01*rules.py:words"),
        "length_cap": 3,
        "kl_cap": 0.001,
        "kl_coef": 0.3,
    }
    metrics = work(add("sum", **recipe))
    assert all(is_known(name) for event in metrics for name in event.values)
    for values in (event.values for event in metrics):
        terms = [value for name, value in values.items() if name.startswith("reward/")]
        assert len(terms) == 3
        assert sum(terms) == pytest.approx(values["objective/scores"], abs=1e-5)
        assert values["objective/length_penalty"] == pytest.approx(-1.0)  # all six tokens, of a cap of three
        parts = (
            "objective/scores",
            "objective/non_score_reward",
            "objective/length_penalty",
            "objective/kl_cap_penalty",
        )
        assert values["objective/rlhf_reward"] == pytest.approx(sum(values[name] for name in parts), abs=1e-5)
    assert metrics[-1].values["objective/kl_cap_penalty"] < 0


def test_a_reward_of_several_parts_goes_on_where_it_was_cut_off(add: Add) -> None:
    recipe = {"rewards": ("model", "0.5*vader"), "ensemble": "minimum", "n_checkpoints": 4}
    whole = with_rewards(add("whole", **recipe), "./reward", "./reward")
    work(whole)
    cut = with_rewards(add("cut", **recipe), "./reward", "./reward")
    with RunSession.open(cut) as session:
        session.stop_requested = lambda: "pause" if session.last_step >= 2 else None  # type: ignore[method-assign]
        with pytest.raises(Exception, match="paused"):
            train(session.job, session)
    work(cut)
    assert_equal_weights(weights(whole, 4), weights(cut, 4))
    last = said(cut, Metrics)[-1].values
    assert last["ensemble/model spread"] == 0.0  # twice the same model
    assert last["ensemble/model minimum"] == last["ensemble/model mean"]


def test_a_program_alone_needs_no_reward_model_and_a_value_model_is_fitted(add: Add) -> None:
    folder = with_rewards(add("program", rewards=("rules.py:words",)))
    metrics = work(folder)
    assert metrics[0].values["objective/scores"] > 0
    assert metrics[0].values["val/explained_variance"] > -1  # fitted to the first rollout, not left at zero


def test_without_the_model_that_the_reward_names_nothing_begins(add: Add) -> None:
    folder = with_rewards(add("lacking"))
    with RunSession.open(folder) as session, pytest.raises(BadInput, match="needs a reward model"):
        train(session.job, session)
    shutil.rmtree(folder)
