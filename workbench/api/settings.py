"""Every setting of an experiment file, as it was declared: for forms, flags and the command line's table."""

from typing import Any

from pydantic import BaseModel

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Budget, Experiment
from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, Sampling, SftRecipe
from workbench.domain.settings import Settings

_GROUPS: dict[str, type[Settings]] = {
    "experiment": Experiment,
    "sampling": Sampling,
    "budget": Budget,
    "sft": SftRecipe,
    "reward": RewardRecipe,
    "ppo": PpoRecipe,
    "dpo": DpoRecipe,
}


class SettingView(BaseModel):
    """One setting. `presets` holds the values of the presets that differ from the default."""

    group: str
    name: str
    label: str
    default: Any
    required: bool
    unit: str
    help: str
    advanced: bool
    presets: dict[str, Any]


def list_settings(group: str | None = None) -> list[SettingView]:
    """Returns the settings of a group, or of all: experiment, sampling, budget, sft, reward, ppo, dpo.

    Raises:
        BadSetting: there is no such group.
    """
    if group is not None and group not in _GROUPS:
        raise BadSetting(f"There is no group of settings `{group}`.", f"Known: {', '.join(_GROUPS)}.")
    wanted = _GROUPS if group is None else {group: _GROUPS[group]}
    return [view for name, cls in wanted.items() for view in _views(name, cls)]


def _views(group: str, cls: type[Settings]) -> list[SettingView]:
    views = []
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        default = None if info.is_required() or isinstance(info.default, BaseModel) else info.default
        views.append(
            SettingView(
                group=group,
                name=name,
                label=info.title or name,
                default=default,
                required=info.is_required(),
                unit=str(extra.get("unit", "")),
                help=info.description or "",
                advanced=bool(extra.get("advanced", False)),
                presets=extra.get("presets", {}),
            )
        )
    return views
