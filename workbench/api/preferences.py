"""What a person prefers on this computer: one store for window, command line and runners."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from workbench.api.settings import SettingView, view_settings
from workbench.domain.errors import BadSetting
from workbench.domain.preferences import PREFERENCE_GROUPS, Preferences
from workbench.storage.hub_access import (
    TokenState,
    enter_hub_folder,
    forget_hub_token,
    hub_token_state,
    store_hub_token,
)
from workbench.storage.preferences import change_preferences, preferences_file, read_preferences

__all__ = [
    "PreferenceView",
    "Preferences",
    "TokenState",
    "change_of",
    "enter_hub_folder",
    "forget_hub_token",
    "hub_token_state",
    "list_preferences",
    "preferences_file",
    "read_preferences",
    "reset_of",
    "reset_preference",
    "set_preference",
    "store_hub_token",
]
_SHORTCUTS = "shortcuts"
Change = Callable[[Preferences], Preferences]
_LIST_MARK = ","


class PreferenceView(BaseModel):
    """A preference with its value.

    Attributes:
        name: group and name, as look.theme.
        value: what stands now.
        changed: differs from the default.
    """

    name: str
    setting: SettingView
    value: Any
    changed: bool


def list_preferences(preferences: Preferences | None = None) -> list[PreferenceView]:
    """Returns every declared preference; shortcuts are in `Preferences.shortcuts`.

    Args:
        preferences: those to show, where they have been read already.

    Raises:
        BadInput, NewerFormat: the file of preferences cannot be read.
    """
    known = read_preferences() if preferences is None else preferences
    return [
        PreferenceView(
            name=f"{group}.{setting.name}",
            setting=setting,
            value=(value := getattr(getattr(known, group), setting.name)),
            changed=value != setting.default,
        )
        for group, cls in PREFERENCE_GROUPS.items()
        for setting in view_settings(group, cls)
    ]


def set_preference(name: str, value: Any) -> Preferences:
    """Sets a preference and returns all as they stand now.

    Args:
        name: as look.theme, or shortcuts.COMMAND.
        value: of the preference's type, or what a person typed for it.

    Raises:
        BadSetting: there is no such preference, or the value is not allowed.
        BadInput, NewerFormat, Busy: the file of preferences cannot be read or written.
    """
    return change_preferences(change_of(name, value))


def reset_preference(name: str) -> Preferences:
    """Gives a preference its default back and returns all as they stand now; `shortcuts` is all shortcuts.

    Raises:
        BadSetting: there is no such preference.
    """
    return change_preferences(reset_of(name))


def reset_of(name: str) -> Change:
    """Returns the change that `reset_preference` makes."""
    group, _, key = name.partition(".")
    if group == _SHORTCUTS:
        return lambda old: old.with_shortcut(key, None) if key else old.model_copy(update={_SHORTCUTS: {}})
    return change_of(name, _declared(name).default)


def change_of(name: str, value: Any) -> Change:
    """Returns the change that `set_preference` makes; a window makes it at once and has it written after.

    Raises:
        BadSetting: see `set_preference`.
    """
    group, _, key = name.partition(".")
    if group == _SHORTCUTS and key:
        return lambda old: old.with_shortcut(key, str(value))
    typed = _typed(value, _declared(name))

    def change(old: Preferences) -> Preferences:
        values = getattr(old, group).model_dump() | {key: typed}
        return old.with_group(group, PREFERENCE_GROUPS[group].read(values, where=f"preference {name}"))

    change(Preferences())  # refuses before anything is touched
    return change


def _declared(name: str) -> SettingView:
    views = {
        f"{group}.{view.name}": view for group, cls in PREFERENCE_GROUPS.items() for view in view_settings(group, cls)
    }
    if name not in views:
        raise BadSetting(f"There is no preference `{name}`.", f"Known: {', '.join(views)}, shortcuts.COMMAND.")
    return views[name]


def _typed(value: Any, setting: SettingView) -> Any:
    """Returns what was typed as what it means; what cannot be understood is left for the declaration to refuse."""
    if not isinstance(value, str):
        return value
    if setting.kind == "list":
        return tuple(part.strip() for part in value.split(_LIST_MARK) if part.strip())
    if not value.strip() and setting.optional:
        return None
    if setting.kind in ("whole", "number"):
        return _number(value)
    return value


def _number(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
