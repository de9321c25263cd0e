"""Two experiments side by side: only what differs."""

from typing import Any

from pydantic import BaseModel

from workbench.domain.experiments import Arm, Experiment
from workbench.domain.settings import Settings

_WITHOUT_FORM = {"budget", "sampling", "sft", "reward", "arms"}
_ABSENT = "not there"


class Difference(BaseModel):
    """A setting that two experiments have differently.

    Attributes:
        place: the stage or arm.
        label, unit: as in forms.
        left, right: the values in words; "not there" where the stage or arm is missing.
    """

    place: str
    name: str
    label: str
    unit: str
    left: str
    right: str


def diff_experiments(left: Experiment, right: Experiment) -> list[Difference]:
    """Returns the settings in which two experiments differ, in the order of the form; arms are matched by name."""
    found = _general(left, right)
    for place, name in (("Sampling", "sampling"), ("Budget", "budget"), ("Reward model", "reward")):
        found += _settings(place, getattr(left, name), getattr(right, name))
    found += _fine_tuning(left, right)
    arms = {arm.name: arm for arm in left.arms}, {arm.name: arm for arm in right.arms}
    for name in dict.fromkeys((*arms[0], *arms[1])):
        found += _arms(f"Arm {name}", arms[0].get(name), arms[1].get(name))
    return found


def _general(left: Experiment, right: Experiment) -> list[Difference]:
    return [line for line in _settings("Experiment", left, right) if line.name not in _WITHOUT_FORM]


def _fine_tuning(left: Experiment, right: Experiment) -> list[Difference]:
    place = "Fine-tuning first"
    if left.sft is None or right.sft is None:
        return _presence(place, "Fine-tune first", left.sft is not None, right.sft is not None)
    stages = [line for line in _settings(place, left.sft, right.sft) if line.name == "dataset"]
    return stages + _settings(place, left.sft.recipe, right.sft.recipe)


def _arms(place: str, left: Arm | None, right: Arm | None) -> list[Difference]:
    if left is None or right is None:
        present = left or right
        assert present is not None
        words = ", ".join((present.method, *told(present.recipe)))
        ends = {"left": words if left else _ABSENT, "right": words if right else _ABSENT}
        return [Difference(place=place, name="arm", label="Arm", unit="", **ends)]
    if left.method != right.method:
        ends = {"left": left.method, "right": right.method}
        return [Difference(place=place, name="method", label="Method", unit="", **ends)]
    return _settings(place, left.recipe, right.recipe)


def _presence(place: str, label: str, left: bool, right: bool) -> list[Difference]:
    if left == right:
        return []
    ends = {"left": "yes" if left else "no", "right": "yes" if right else "no"}
    return [Difference(place=place, name="sft", label=label, unit="", **ends)]


def _settings(place: str, left: Settings, right: Settings) -> list[Difference]:
    found = []
    for name, info in type(left).model_fields.items():
        ours, theirs = getattr(left, name), getattr(right, name)
        if ours == theirs:
            continue
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        line = Difference(
            place=place,
            name=name,
            label=info.title or name,
            unit=str(extra.get("unit", "")),
            left=in_words(ours),
            right=in_words(theirs),
        )
        found.append(line)
    return found


def told(recipe: Settings) -> tuple[str, ...]:
    """Returns the settings of a recipe that are not at their defaults, as a person would say them."""
    fields = type(recipe).model_fields
    return tuple(f"{fields[name].title} {in_words(value)}" for name, value in recipe.changed().items())


def in_words(value: Any) -> str:
    """Returns a setting's value as a person would write it; "empty" for none."""
    if value is None or value in ((), [], ""):
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
