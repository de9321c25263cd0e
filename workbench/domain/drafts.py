"""An experiment that is still being written: what stands in a form, right or wrong, complete or not."""

import time
from collections.abc import Mapping
from itertools import product
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from workbench.domain.experiments import ArmMethod, Experiment
from workbench.domain.records import Record

Values = dict[str, list[Any]]  # by setting; more than one value is a sweep
_STAGES = ("sampling", "reward", "budget")


class DraftArm(BaseModel):
    """An arm; settings with several values make several arms of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    method: ArmMethod
    settings: Values = {}

    def expanded(self) -> list[dict[str, Any]]:
        """Returns an arm for each combination of the values, named after those that differ."""
        swept = [setting for setting, several in self.settings.items() if len(several) > 1]
        arms = []
        for combination in product(*self.settings.values()):
            values = dict(zip(self.settings, combination, strict=True))
            differs = "".join(f" {setting} {values[setting]}" for setting in swept)
            arms.append({"name": f"{self.name}{differs}", "method": self.method} | values)
        return arms


class ExperimentDraft(Record):
    """drafts/NAME.json: an experiment that was not launched."""

    general: Values = Field({}, description="Name, model, dataset and so on.")
    stages: dict[str, Values] = Field({}, description="Settings of sampling, reward, budget and sft.")
    fine_tunes: bool = Field(False, description="All arms start from a fine-tuned model.")
    arms: tuple[DraftArm, ...] = ()
    saved: float = Field(default_factory=time.time)

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """Returns the draft that an experiment would come from, unknown settings of its file included."""
        raw = experiment.to_file()
        sft = raw.get("sft") or {}
        parts = {"sampling": experiment.sampling, "reward": experiment.reward, "budget": experiment.budget}
        stages = {name: _several(raw.get(name, {}) | part.unknown) for name, part in parts.items()}
        tuned = {} if experiment.sft is None else experiment.sft.recipe.unknown
        general = {name: value for name, value in raw.items() if name not in {*_STAGES, "sft", "arms"}}
        return cls(
            general=_several(general | experiment.unknown),
            stages=stages | {"sft": _several((sft if isinstance(sft, dict) else {}) | tuned)},
            fine_tunes=bool(raw.get("sft")),
            arms=tuple(
                DraftArm(
                    name=arm["name"],
                    method=arm["method"],
                    settings=_several(
                        {name: value for name, value in arm.items() if name not in ("name", "method")}
                        | stored.recipe.unknown
                    ),
                )
                for arm, stored in zip(raw["arms"], experiment.arms, strict=True)
            ),
        )

    @property
    def name(self) -> str:
        """The name of the experiment; empty while it has none."""
        return str(single(self.general).get("name", ""))

    def raw(self) -> dict[str, Any]:
        """Returns what an experiment file would hold, for `Experiment.parse` to judge."""
        values = single(self.general)
        values |= {name: single(self.stages.get(name, {})) for name in _STAGES}
        values["sft"] = (single(self.stages.get("sft", {})) or True) if self.fine_tunes else False
        values["arms"] = [arm for form in self.arms for arm in form.expanded()]
        return values

    def same_as(self, other: "ExperimentDraft") -> bool:
        """Says whether both hold the same, whenever they were saved."""
        return self.model_dump(exclude={"saved"}) == other.model_dump(exclude={"saved"})


def single(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Returns the values of a stage that takes one of each; several are kept as they are, for the domain to refuse."""
    return {setting: several[0] if len(several) == 1 else several for setting, several in values.items()}


def _several(values: Mapping[str, Any]) -> Values:
    return {name: [value] for name, value in values.items()}
