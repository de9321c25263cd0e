"""From what stands in a form to what an experiment file holds; several values of one setting become several arms."""

from collections.abc import Mapping
from itertools import product
from typing import Any

Values = Mapping[str, list[Any]]  # by setting; more than one value is a sweep


def read_words(text: str, kind: str) -> list[Any]:
    """Returns the values in a field, separated by commas; what is no number stays text, for the domain to refuse."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if kind == "list":
        return [[_number(word) for word in words]] if words else []
    if kind in ("whole", "number"):
        return [_number(word) for word in words]
    return [text.strip()] if text.strip() else []


def expand_arm(name: str, method: str, values: Values) -> list[dict[str, Any]]:
    """Returns an arm for each combination of the values, named after those that differ."""
    swept = [setting for setting, several in values.items() if len(several) > 1]
    arms = []
    for combination in product(*values.values()):
        settings = dict(zip(values, combination, strict=True))
        differs = "".join(f" {setting} {settings[setting]}" for setting in swept)
        arms.append({"name": f"{name}{differs}", "method": method} | settings)
    return arms


def single(values: Values) -> dict[str, Any]:
    """Returns the values of a stage that takes one of each; several are kept as they are, for the domain to refuse."""
    return {setting: several[0] if len(several) == 1 else several for setting, several in values.items()}


def _number(word: str) -> Any:
    for read in (int, float):
        try:
            return read(word)
        except ValueError:
            continue
    return word
