"""How a setting is declared: once, with everything that form, flag, file and documentation need."""

import difflib
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from workbench.domain.errors import BadSetting

Preset = Literal["quick", "standard", "thorough"]
PRESETS: tuple[Preset, ...] = get_args(Preset)


def setting(
    default: Any = ...,
    *,
    label: str,
    help: str,  # noqa: A002  (the word that forms and flags use)
    unit: str = "",
    advanced: bool = False,
    quick: Any = None,
    thorough: Any = None,
    **bounds: Any,
) -> Any:
    """Declares a setting of a recipe or experiment.

    Args:
        default: the value of the `standard` preset; without one the setting is required.
        label: what a form writes before the field.
        help: one or two sentences: what it does, when to change it, the source of the default.
        unit: of the value, as "tokens" or "nats".
        advanced: hidden until asked for.
        quick, thorough: the value in those presets where it differs from the default.
        **bounds: pydantic's ge, gt, le, lt, min_length, ...
    """
    presets = {name: value for name, value in (("quick", quick), ("thorough", thorough)) if value is not None}
    extra: dict[str, Any] = {"unit": unit, "advanced": advanced, "presets": presets}
    return Field(default, title=label, description=help, json_schema_extra=extra, **bounds)


class Settings(BaseModel):
    """A typed group of settings; unknown names are refused with the nearest known one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_preset(cls, name: Preset = "standard", **changes: Any) -> Self:
        """Returns the preset's values with `changes` on top.

        Raises:
            BadSetting: a name or value in `changes` is not allowed.
        """
        values = {
            key: _extra(info)["presets"][name]
            for key, info in cls.model_fields.items()
            if name in _extra(info).get("presets", {})
        }
        return cls.read(values | changes, where=f"the settings of {cls.__name__}")

    @classmethod
    def read(cls, values: dict[str, Any], *, where: str) -> Self:
        """Validates `values`.

        Args:
            values: as read from a file or a form.
            where: the place that errors name, as "experiment.yaml, arm `dpo`".

        Raises:
            BadSetting: with the place, the setting, what was expected and the nearest known name.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadSetting(*_sentence(cls, error, where)) from error

    def changed(self) -> dict[str, Any]:
        """Returns the settings that differ from their defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _extra(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _sentence(cls: type[BaseModel], error: ValidationError, where: str) -> tuple[str, str]:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = sorted(known_names(cls, first["loc"][:-1]))
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"Known settings: {', '.join(known)}."
        return f"{where}: there is no setting `{place}`.", hint
    if first["type"] == "missing":
        return f"{where}: the setting `{place}` is missing.", f"Add `{place}`."
    expected = first["msg"].removeprefix("Value error, ")
    return f"{where}: `{place}` is {first['input']!r}. {expected[0].upper()}{expected[1:]}.", ""


def known_names(cls: type[BaseModel], path: tuple[int | str, ...]) -> set[str]:
    """Returns the setting names known at `path` inside `cls`; those of `cls` itself where the path leads nowhere."""
    current = cls
    for part in path:
        info = current.model_fields.get(str(part))
        nested = [t for t in (info.annotation, *get_args(info.annotation)) if _is_model(t)] if info else []
        if not nested:
            break
        current = nested[0]
    return set(current.model_fields)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
