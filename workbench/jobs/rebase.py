"""Paths in an experiment, when its file goes to another folder or comes from one."""

from pathlib import Path

from workbench.data.judge_names import ENSEMBLE_PREFIX, REWARD_PREFIX, ensemble_members
from workbench.domain.experiments import Arm, Experiment
from workbench.domain.recipes import PpoRecipe


def rebased(experiment: Experiment, old: Path, new: Path) -> Experiment:
    """Returns the experiment with paths that start from `new` and lead where they led from `old`.

    Paths that lead into `new` stay short; others become absolute. Names that are no path there (hub ids, runs, judges of
    this program) stay as they are.
    """
    if old.resolve() == new.resolve():
        return experiment
    reward = experiment.reward
    if reward.model is not None:
        reward = reward.model_copy(update={"model": _moved(reward.model, old, new)})
    return experiment.model_copy(
        update={
            "model": _moved(experiment.model, old, new),
            "reward": reward,
            "judges": tuple(_judge(name, old, new) for name in experiment.judges),
            "arms": tuple(_arm(arm, old, new) for arm in experiment.arms),
            "accelerate_config": experiment.accelerate_config and _moved(experiment.accelerate_config, old, new),
        }
    )


def _arm(arm: Arm, old: Path, new: Path) -> Arm:
    if not isinstance(arm.recipe, PpoRecipe):
        return arm
    moved = (term._replace(source=_judge(term.source, old, new)).written for term in arm.recipe.terms)
    return arm.model_copy(update={"recipe": arm.recipe.model_copy(update={"rewards": tuple(moved)})})


def _judge(name: str, old: Path, new: Path) -> str:
    if name.startswith(REWARD_PREFIX):
        return REWARD_PREFIX + _moved(name.removeprefix(REWARD_PREFIX), old, new)
    if name.startswith(ENSEMBLE_PREFIX):
        return ENSEMBLE_PREFIX + "+".join(_moved(member, old, new) for member in ensemble_members(name))
    path, colon, function = name.rpartition(":")
    return f"{_moved(path, old, new)}{colon}{function}" if path.endswith(".py") else name


def _moved(name: str, old: Path, new: Path) -> str:
    path = old / Path(name).expanduser()
    if not path.exists():
        return name
    absolute, home = path.resolve(), new.resolve()
    return str(absolute.relative_to(home)) if absolute.is_relative_to(home) else str(absolute)
