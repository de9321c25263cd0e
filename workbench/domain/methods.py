"""What methods and runs are called where people read them; files and commands have short names."""

from typing import NamedTuple

from workbench.domain.experiments import shown_name

POLICIES = frozenset({"sft", "dpo", "ppo"})  # they train what writes text
TRAINING = POLICIES | {"reward"}  # they leave weights; the others measure
_METHODS = {
    "sft": "fine-tuning",
    "reward": "reward model",
    "ppo": "PPO",
    "dpo": "DPO",
    "evaluate": "evaluation",
    "best_of_n": "best of n",
    "score": "scoring",
    "judge": "judging",
}
_STAGES = ("sft", "reward")  # in files their runs are named after them


class StepWords(NamedTuple):
    """What the steps of a run count: on an axis, and before a number."""

    axis: str
    one: str


_TRAINED = StepWords("training step", "step")
_EVALUATED = StepWords("checkpoint, by its training step", "checkpoint")
_COUNTED = {
    "evaluate": _EVALUATED,
    "judge": _EVALUATED,
    "best_of_n": StepWords("n-th response to each prompt", "response"),
}


def step_words(method: str) -> StepWords:
    """Returns what the steps of a method's curves are: where nothing trains they are no training steps."""
    return _COUNTED.get(method, _TRAINED)


def method_words(method: str) -> str:
    """Returns a method as people say it."""
    return _METHODS.get(method, method)


def stage_words(name: str, method: str) -> str:
    """Returns an arm or a stage as people say it, whose file may have a shorter name for it."""
    return method_words(method) if name == method and method in _STAGES else shown_name(name)


def run_words(name: str, method: str, seed: int, reward: str = "") -> str:
    """Names a run: its arm or stage, what was done where that does not say it, by which reward if that is told, its seed."""
    stage, what = stage_words(name, method), method_words(method)
    says_it = method == "best_of_n" or f" {what.casefold()} " in f" {stage.casefold()} "
    return " · ".join([stage, *([] if says_it else [what]), *([f"by {reward}"] if reward else []), f"seed {seed}"])
