from pathlib import Path

from tests.jobs.planning import write_model
from workbench.domain.experiments import Experiment
from workbench.jobs.rebase import rebased


def _experiment(**changes) -> Experiment:
    values = {"name": "e", "model": "models/m", "dataset": "d", "arms": [{"method": "dpo"}]} | changes
    return Experiment.parse(values, where="e.yaml")


def test_paths_lead_where_they_led_before(tmp_path: Path):
    write_model(tmp_path / "models" / "m")
    (tmp_path / "score.py").write_text("def score(p, r): ...")
    old, new = tmp_path, tmp_path / "project"
    moved = rebased(
        _experiment(judges=["score.py:f", "vader", "reward:models/m"], reward={"model": "models/m"}), old, new
    )
    assert moved.model == str(tmp_path / "models" / "m")
    assert moved.judges == (f"{tmp_path}/score.py:f", "vader", f"reward:{tmp_path}/models/m")
    assert moved.reward.model == moved.model
    assert rebased(moved, new, old) == _experiment(
        judges=["score.py:f", "vader", "reward:models/m"], reward={"model": "models/m"}
    ), "inside the new folder they are short again"


def test_the_members_of_ensembles_and_the_accelerate_configuration_are_paths_too(tmp_path: Path):
    for name in ("a", "b"):
        write_model(tmp_path / "models" / name)
    (tmp_path / "fsdp.yaml").write_text("distributed_type: FSDP")
    ensemble = "ensemble:models/a+models/b"
    ppo = {"method": "ppo", "name": "ppo", "rewards": [f"0.5*{ensemble}"]}
    experiment = _experiment(judges=[ensemble], arms=[ppo], accelerate_config="fsdp.yaml", processes=2)
    moved = rebased(experiment, tmp_path, tmp_path / "project")
    absolute = f"ensemble:{tmp_path}/models/a+{tmp_path}/models/b"
    assert moved.judges == (absolute,)
    assert moved.arms[0].recipe.model_dump()["rewards"] == (f"0.5*{absolute}",)
    assert moved.accelerate_config == f"{tmp_path}/fsdp.yaml"
    assert rebased(moved, tmp_path / "project", tmp_path) == experiment


def test_names_that_are_no_path_stay(tmp_path: Path):
    experiment = _experiment(model="org/model", judges=["package.module:f", "reward:reward-s0-1"])
    assert rebased(experiment, tmp_path, tmp_path / "elsewhere") == experiment
