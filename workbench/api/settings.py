"""Every setting of an experiment file, a view or a figure, as it was declared: for forms, flags and the command line's table."""

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from workbench.domain.drafts import ExperimentDraft
from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Budget, Experiment, SftStage
from workbench.domain.figures import FigureStyle
from workbench.domain.playground import Asking
from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, Sampling, SftRecipe
from workbench.domain.settings import Settings
from workbench.domain.views import View

SETTING_GROUPS: dict[str, tuple[type[Settings], ...]] = {
    "experiment": (Experiment,),
    "sampling": (Sampling,),
    "budget": (Budget,),
    "sft": (SftStage, SftRecipe),  # in a file they stand side by side
    "reward": (RewardRecipe,),
    "ppo": (PpoRecipe,),
    "dpo": (DpoRecipe,),
    "playground": (Asking,),
    "view": (View,),
    "figure": (FigureStyle,),
    "endpoint": (Endpoint,),
}


Kind = Literal["flag", "choice", "whole", "number", "list", "text", "group"]
_KINDS: tuple[tuple[type, Kind], ...] = ((bool, "flag"), (int, "whole"), (float, "number"), (str, "text"))
_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


class SettingView(BaseModel):
    """One setting.

    Attributes:
        presets: the values of the presets that differ from the default.
        kind: what a form asks for; a group has settings of its own.
        choices: of a choice.
        optional: may be empty.
        bounds: in words, as "at least 1, at most 100".
        least, most: the bounds that are allowed themselves.
    """

    group: str
    name: str
    label: str
    default: Any
    required: bool
    unit: str
    help: str
    advanced: bool
    presets: dict[str, Any]
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    optional: bool = False
    bounds: str = ""
    least: float | None = None
    most: float | None = None


def list_settings(group: str | None = None) -> list[SettingView]:
    """Returns the settings of a group, or of all: those of an experiment, `playground`, `view`, `figure` and `endpoint`.

    Raises:
        BadSetting: there is no such group.
    """
    if group is not None and group not in SETTING_GROUPS:
        raise BadSetting(f"There is no group of settings `{group}`.", f"Known: {', '.join(SETTING_GROUPS)}.")
    wanted = SETTING_GROUPS if group is None else {group: SETTING_GROUPS[group]}
    return [view for name, classes in wanted.items() for cls in classes for view in view_settings(name, cls)]


def check_setting(group: str, name: str, value: object) -> str:
    """Returns what is wrong with one value of a setting, in a few words; empty where nothing is.

    Args:
        group: experiment, sampling, budget, sft, reward, ppo or dpo.
        name: of the setting.
        value: what an experiment file would hold.
    """
    cls = next(cls for cls in SETTING_GROUPS[group] if name in cls.model_fields)
    return cls.problem_with(name, value)


def unknown_settings(draft: ExperimentDraft) -> list[str]:
    """Returns what a draft sets and no form has a field for, as an earlier version may have stored it: "dpo.beta"."""
    parts = [("experiment", draft.general), *draft.stages.items(), *((arm.method, arm.settings) for arm in draft.arms)]
    unknown = (
        name if group == "experiment" else f"{group}.{name}"
        for group, values in parts
        for name in values
        if not any(name in cls.model_fields for cls in SETTING_GROUPS.get(group, ()))
    )
    return list(dict.fromkeys(unknown))


def view_settings(group: str, cls: type[Settings]) -> list[SettingView]:
    """Returns the settings of a class of them, for any form."""
    views = []
    for name, info in cls.model_fields.items():
        if cls is SftStage and name == "recipe":
            continue  # its settings are listed one by one
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
                **_asked(info),
            )
        )
    return views


def _asked(info: FieldInfo) -> dict[str, Any]:
    """Returns what a form needs to know of a setting's type: kind, choices, optional, bounds."""
    union = get_origin(info.annotation) in (Union, UnionType)
    parts = get_args(info.annotation) if union else (info.annotation,)
    types = [part for part in parts if part is not type(None)]
    bounds = [
        f"{words} {limit:,.10g}"
        for name, words in _BOUNDS.items()
        for rule in info.metadata
        if (limit := getattr(rule, name, None)) is not None
    ]
    limits = {name: getattr(rule, name) for rule in info.metadata for name in ("ge", "le") if hasattr(rule, name)}
    asked = {"optional": len(types) < len(parts), "bounds": ", ".join(bounds)}
    return asked | {"least": limits.get("ge"), "most": limits.get("le")} | _kind(types[0])


def _kind(asked: Any) -> dict[str, Any]:
    if get_origin(asked) is Literal:
        return {"kind": "choice", "choices": get_args(asked)}
    if get_origin(asked) is tuple:
        return {"kind": "list"}
    if isinstance(asked, type) and issubclass(asked, BaseModel):
        return {"kind": "group"}
    return {"kind": next((kind for known, kind in _KINDS if asked is known), "text")}
