"""How to make the compared runs again: commands for a shell, and the experiment files they need.

The report is made for passing on, so files and folders stand here by their names only, without the disk they lay on.
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from workbench.compare.naming import without_folders
from workbench.data.assets import asset
from workbench.domain.experiments import Experiment
from workbench.domain.records import DatasetRecord
from workbench.export.document import Code, Part, Words
from workbench.export.report_setup import Setup, source_name

_PROJECT = "again"
_UNFIT_FOR_A_FILE = re.compile(r"[^\w. +-]")
_WHERE = "Run these where the data files, the experiment files below and the folders that they name lie."
_DEMOS = {"film-critic/experiment.yaml": "workbench demo", "film-critic/long.yaml": "workbench demo --long"}


def how_to_run_again(setup: Setup) -> tuple[Part | None, ...]:
    """Returns the commands and the experiment files; nothing where the project remembers no experiment of these runs."""
    demos = [command for experiment in setup.experiments.values() if (command := demo_command(experiment))]
    own = {name: found for name, found in setup.experiments.items() if demo_command(found) is None}
    lines = demos + (_commands(setup, own) if own else [])
    if not lines:
        return ()
    note = Words(_WHERE, "caption") if own else None
    return Code("\n".join(lines)), note, *(_file(name, found) for name, found in own.items())


def demo_command(experiment: Experiment) -> str | None:
    """Returns the command of the bundled demo if this is its experiment; None for all others."""
    n = len(experiment.seeds)
    for path, command in _DEMOS.items():
        raw = yaml.safe_load(asset(path).read_text(encoding="utf-8"))
        if Experiment.parse(raw | {"seeds": list(range(n))}, where=path) == experiment:
            return f"{command} --seeds {n}" if n > 1 else command
    return None


def _commands(setup: Setup, experiments: Mapping[str, Experiment]) -> list[str]:
    read = {name for experiment in experiments.values() for name in experiment.datasets}
    commands = [
        ["new", _PROJECT],
        *(import_arguments(data) for data in setup.datasets if data.name in read),
        *(["run", _PROJECT, _file_name(name)] for name in experiments),
    ]
    return [shlex.join(["workbench", *command]) for command in commands]


def import_arguments(data: DatasetRecord) -> list[str]:
    """Returns the arguments of the import that made a dataset, with the format and columns that were recorded."""
    arguments = ["import", _PROJECT, source_name(data.source), "--name", data.name, "--format", data.reader]
    if data.column_map:
        arguments += ["--map", ",".join(f"{ours}={theirs}" for ours, theirs in data.column_map.items())]
    return [*arguments, "--skip-bad"] if data.n_skipped else arguments


def _file_name(experiment: str) -> str:
    return _UNFIT_FOR_A_FILE.sub("-", experiment) + ".yaml"


def _file(name: str, experiment: Experiment) -> Code:
    content = yaml.safe_dump(_without_folders(experiment.to_file()), sort_keys=False, allow_unicode=True)
    return Code(content, title=_file_name(name))


def _without_folders(values: dict[str, Any]) -> dict[str, Any]:
    """Shortens what names a file; other texts, as stop strings, may hold a slash of their own."""
    changed: dict[str, Any] = {"model": without_folders(values["model"])}
    if "judges" in values:
        changed["judges"] = [without_folders(judge) for judge in values["judges"]]
    if other := values.get("reward", {}).get("model"):
        changed["reward"] = values["reward"] | {"model": without_folders(other)}
    changed["arms"] = [
        arm | {"rewards": [without_folders(term) for term in arm["rewards"]]} if "rewards" in arm else arm
        for arm in values["arms"]
    ]
    return values | changed
