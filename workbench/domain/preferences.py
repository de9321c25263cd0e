"""What a person prefers on this computer, whatever project is open; each preference is declared once, here."""

from typing import Literal, Self

from pydantic import Field, field_validator

from workbench.domain.endpoints import Endpoint
from workbench.domain.records import Record
from workbench.domain.settings import Settings, setting

ThemeChoice = Literal["system", "light", "dark"]
PaletteName = Literal["okabe-ito", "tol-bright", "tol-vibrant"]


class LookPreferences(Settings):
    """How the window and the charts look."""

    theme: ThemeChoice = setting(
        "system", label="Theme", help="Light, dark, or whichever of the two the system shows at the moment."
    )
    font_size: int = setting(
        100, label="Font size", help="Of all text, compared with the system's own size.", unit="%", ge=80, le=150
    )
    palette: PaletteName = setting(
        "okabe-ito",
        label="Colours of runs",
        help="In the window and in exported figures; a report looks the same for everybody. All can be told apart by "
        "colour-blind eyes: Okabe and Ito's (2008), or Paul Tol's bright and vibrant ones (2021).",
    )
    line_width: float = setting(
        2.0, label="Line width", help="Of the curves in the window's charts.", unit="px", ge=1, le=5
    )


class DevicePreferences(Settings):
    """What runs may use of this computer. Runs that go on keep what they have."""

    use: tuple[str, ...] = setting(
        (),
        label="Devices for runs",
        help="By name, as cpu or cuda:0; where none is named, runs may use all. A run that starts goes to one of these.",
    )
    threads: int | None = setting(
        None,
        label="CPU threads of a run",
        help="How many cores a run computes with. Where no number is given, runs that go on at once share the cores.",
        unit="threads",
        ge=1,
        le=256,
    )

    def allows(self, device: str) -> bool:
        """Says whether runs may use a device."""
        return not self.use or device in self.use


class FolderPreferences(Settings):
    """Where things are kept."""

    projects: str = setting(
        "", label="New projects", help="Where new projects are made. Empty is a folder in your documents."
    )
    hub_cache: str = setting(
        "",
        label="Hub downloads",
        help="Where models and datasets of the Hugging Face hub are kept. Empty is the hub's own cache, which other "
        "programs share. Runs take it up when they start, the window when it starts the next time.",
    )

    @field_validator("projects", "hub_cache")
    @classmethod
    def _is_absolute(cls, value: str) -> str:
        if value and not value.startswith(("/", "~")) and value[1:2] != ":":
            raise ValueError(f"the folder {value!r} is relative; expected a whole path, as ~/projects")
        return value


class JudgingPreferences(Settings):
    """Who judges answers blind on this computer."""

    rater: str = setting(
        "",
        label="Your name as a rater",
        help="Stands beside your judgements in the project. Empty: your login name.",
        max_length=60,
    )


class Preferences(Record):
    """preferences.json in the person's folder of settings.

    Attributes:
        shortcuts: keys by command, as {"window.quit": "Ctrl+Q"}, where they are not the program's own; "" takes them away.
        endpoints: language models that judge pairs, by the names that ``llm:NAME`` means.
    """

    look: LookPreferences = LookPreferences()
    devices: DevicePreferences = DevicePreferences()
    folders: FolderPreferences = FolderPreferences()
    judging: JudgingPreferences = JudgingPreferences()
    shortcuts: dict[str, str] = Field({}, description="Keys by command.")
    endpoints: dict[str, Endpoint] = Field({}, description="Judges behind an endpoint, by name.")

    def with_group(self, group: str, values: Settings) -> Self:
        """Returns the preferences with another group of settings."""
        return self.model_copy(update={group: values})

    def with_shortcut(self, command: str, keys: str | None) -> Self:
        """Returns the preferences with other keys for a command; None gives it the program's own back."""
        others = {known: value for known, value in self.shortcuts.items() if known != command}
        return self.model_copy(update={"shortcuts": others if keys is None else others | {command: keys}})

    def with_endpoint(self, name: str, endpoint: Endpoint | None) -> Self:
        """Returns the preferences with another endpoint under a name; None takes it away."""
        others = {known: value for known, value in self.endpoints.items() if known != name}
        return self.model_copy(update={"endpoints": others if endpoint is None else others | {name: endpoint}})


PREFERENCE_GROUPS: dict[str, type[Settings]] = {
    "look": LookPreferences,
    "devices": DevicePreferences,
    "folders": FolderPreferences,
    "judging": JudgingPreferences,
}
