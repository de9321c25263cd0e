"""How a setting is declared: once, with everything that form, flag, file and documentation need."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from workbench.domain.errors import BadSetting

Preset = Literal["quick", "standard", "thorough"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
_LONGEST_SHOWN = 80  # characters of a wrong value
STORED = {"stored": True}  # the context in which records are read from their files and written to them


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
    """A typed group of settings; unknown names are refused with the nearest known one.

    Infinity and NaN are refused: JSON, in which settings are kept, has no words for them. In a record's file, which an
    earlier version may have written, a setting that is unknown by now is kept beside the others (`unknown`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    _unknown: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def unknown(self) -> dict[str, Any]:
        """What a record's file holds besides and this version has no setting for; it counts for nothing, and is kept."""
        return dict(self._unknown)

    def all_unknown(self) -> dict[str, Any]:
        """Returns the unknown settings of all groups in it too, by their names in the file: "budget.steps"."""
        found = self.unknown
        for name in type(self).model_fields:
            value = getattr(self, name)
            for place, item in enumerate(value if isinstance(value, tuple) else (value,), 1):
                inner = item.all_unknown() if isinstance(item, Settings) else {}
                number = f" {place}" if isinstance(value, tuple) else ""
                found |= {f"{name}{number}.{key}": kept for key, kept in inner.items()}
        return found

    @model_validator(mode="wrap")
    @classmethod
    def _set_unknown_aside(cls, values: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if not isinstance(values, dict) or info.context != STORED:
            return handler(values)
        made = handler({name: value for name, value in values.items() if name in cls.model_fields})
        made._unknown = {name: value for name, value in values.items() if name not in cls.model_fields}
        return made

    @model_serializer(mode="wrap")
    def _with_unknown(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        known: dict[str, Any] = handler(self)
        return known | self._unknown if info.context == STORED else known

    @classmethod
    def from_preset(
        cls, name: Preset = "standard", changes: Mapping[str, Any] | None = None, *, where: str = "the settings"
    ) -> Self:
        """Returns the preset's values with `changes` on top.

        Args:
            name: of the preset.
            changes: values by setting.
            where: the place that errors name.

        Raises:
            BadSetting: a name or value in `changes` is not allowed.
        """
        values = {
            key: _extra(info)["presets"][name]
            for key, info in cls.model_fields.items()
            if name in _extra(info).get("presets", {})
        }
        return cls.read(values | dict(changes or {}), where=where)

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
            place = error.errors()[0]["loc"]
            raise BadSetting(*_sentence(cls, error, where), cls.labels() | _labelled(cls, place)) from error

    @classmethod
    def problem_with(cls, name: str, value: Any) -> str:
        """Returns what is wrong with one value by itself, as "expected more than 0; found -1"; empty where nothing is."""
        info = cls.model_fields[name]
        try:
            _value_of(info).validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            return f"expected {_expected(first)}; found {_shown(first['input'])}"
        return ""

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Returns what forms call the settings, by their names."""
        return {name: info.title or name for name, info in cls.model_fields.items()}

    def changed(self) -> dict[str, Any]:
        """Returns the settings that differ from their defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _extra(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _value_of(info: FieldInfo) -> TypeAdapter[Any]:
    rules: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return TypeAdapter(rules, config=ConfigDict(allow_inf_nan=False))


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
    if first["type"] == "value_error":
        found = f"`{place}` is {_shown(first['input'])}; expected " if _is_item(first) else ""
        return f"{where}: {found}{_said(first)}.", ""
    return f"{where}: `{place}` is {_shown(first['input'])}; expected {_expected(first)}.", ""


_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list, as [...]",
    "model": "settings by name, as {{name: value}}",
    "dict": "settings by name, as {{name: value}}",
    "invalid": "text as the name",
    "greater_than": "more than {gt:.10g}",
    "greater_than_equal": "{ge:.10g} or more",
    "less_than": "less than {lt:.10g}",
    "less_than_equal": "{le:.10g} or less",
    "too_short": "at least {min_length}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
}


def _expected(error: ErrorDetails) -> str:
    """Returns what a validation error asks for, in words that need no knowledge of the program."""
    kind = error["type"]
    words = _EXPECTED.get(kind) or _EXPECTED.get(kind.split("_")[0])
    if words is None:
        return _said(error).removeprefix("Input should be ")
    return words.format_map(error.get("ctx", {})).replace("'", "")


def _said(error: ErrorDetails) -> str:
    return error["msg"].removeprefix("Value error, ")


def _is_item(error: ErrorDetails) -> bool:
    """Says whether one item of a list is meant: what its check says is what was expected, and no whole sentence."""
    return bool(error["loc"]) and isinstance(error["loc"][-1], int)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


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


def _labelled(cls: type[BaseModel], place: tuple[int | str, ...]) -> dict[str, str]:
    """Returns what forms call the setting at a place, by how files name it: "budget.seconds" is "Budget, Time"."""
    titles, current = [], cls
    for part in place:
        info = current.model_fields.get(str(part))
        if info is None:
            break
        titles.append(info.title or str(part))
        current = next((t for t in (info.annotation, *get_args(info.annotation)) if _is_model(t)), BaseModel)
    return {".".join(map(str, place)): ", ".join(titles)} if titles else {}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
