"""Every verb of the product, in the order in which work flows: what window and command line both call.

A verb is imported when it is first used, so that `workbench --help` does not wait for Parquet, DuckDB or matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.api.comparisons import Answer, Comparison, Question, compare_answers, compare_runs
    from workbench.api.datasets import ImportResult, detect_format, import_dataset, preview_import
    from workbench.api.demo import DemoResult, finish_demo, start_demo
    from workbench.api.doctor import Check, examine
    from workbench.api.experiments import evaluate_runs, read_experiment, run_experiment
    from workbench.api.look import Theme, chart_theme
    from workbench.api.machine import GpuLoad, MachineLoad, show_machine
    from workbench.api.projects import (
        Project,
        ProjectView,
        copy_project,
        create_project,
        move_project,
        open_project,
        rename_project,
        show_project,
    )
    from workbench.api.results import export_report, write_all_charts, write_charts
    from workbench.api.rows import RowSearch, browse_dataset
    from workbench.api.runs import (
        RunView,
        find_run,
        follow_runs,
        pause_run,
        prioritise_run,
        resume_run,
        retry_run,
        set_runs_per_device,
        show_run,
        stop_run,
    )
    from workbench.api.sample import default_projects_folder, demo_folder, find_sample
    from workbench.api.scoring import ScoreResult, score_responses
    from workbench.api.settings import SettingView, list_settings

__all__ = [
    "Answer",
    "Check",
    "Comparison",
    "DemoResult",
    "GpuLoad",
    "ImportResult",
    "MachineLoad",
    "Project",
    "ProjectView",
    "Question",
    "RowSearch",
    "RunView",
    "ScoreResult",
    "SettingView",
    "Theme",
    "browse_dataset",
    "chart_theme",
    "compare_answers",
    "compare_runs",
    "copy_project",
    "create_project",
    "default_projects_folder",
    "demo_folder",
    "detect_format",
    "evaluate_runs",
    "examine",
    "export_report",
    "find_run",
    "find_sample",
    "finish_demo",
    "follow_runs",
    "import_dataset",
    "list_settings",
    "move_project",
    "open_project",
    "pause_run",
    "preview_import",
    "prioritise_run",
    "read_experiment",
    "rename_project",
    "resume_run",
    "retry_run",
    "run_experiment",
    "score_responses",
    "set_runs_per_device",
    "show_machine",
    "show_project",
    "show_run",
    "start_demo",
    "stop_run",
    "write_all_charts",
    "write_charts",
]

_HOMES = {
    "comparisons": ("Answer", "Comparison", "Question", "compare_answers", "compare_runs"),
    "datasets": ("ImportResult", "detect_format", "import_dataset", "preview_import"),
    "demo": ("DemoResult", "finish_demo", "start_demo"),
    "doctor": ("Check", "examine"),
    "experiments": ("evaluate_runs", "read_experiment", "run_experiment"),
    "look": ("Theme", "chart_theme"),
    "machine": ("GpuLoad", "MachineLoad", "show_machine"),
    "projects": (
        "Project",
        "ProjectView",
        "copy_project",
        "create_project",
        "move_project",
        "open_project",
        "rename_project",
        "show_project",
    ),
    "results": ("export_report", "write_all_charts", "write_charts"),
    "rows": ("RowSearch", "browse_dataset"),
    "runs": (
        "RunView",
        "find_run",
        "follow_runs",
        "pause_run",
        "prioritise_run",
        "resume_run",
        "retry_run",
        "set_runs_per_device",
        "show_run",
        "stop_run",
    ),
    "sample": ("default_projects_folder", "demo_folder", "find_sample"),
    "settings": ("SettingView", "list_settings"),
    "scoring": ("ScoreResult", "score_responses"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"workbench.api.{home}"), name)
    raise AttributeError(f"workbench.api has no {name!r}")
