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
    from workbench.api.experiments import (
        PlannedRun,
        evaluate_runs,
        plan_experiment,
        read_experiment,
        run_experiment,
        write_experiment,
    )
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
    from workbench.api.watching import (
        ExperimentRuns,
        RunNews,
        StoredSetting,
        order_queue,
        read_run,
        run_log,
        run_outcome,
        run_recipe,
        run_samples,
        show_experiments,
    )

__all__ = [
    "Answer",
    "Check",
    "Comparison",
    "DemoResult",
    "ExperimentRuns",
    "GpuLoad",
    "ImportResult",
    "MachineLoad",
    "PlannedRun",
    "Project",
    "ProjectView",
    "Question",
    "RowSearch",
    "RunNews",
    "RunView",
    "ScoreResult",
    "SettingView",
    "StoredSetting",
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
    "order_queue",
    "pause_run",
    "plan_experiment",
    "preview_import",
    "prioritise_run",
    "read_experiment",
    "read_run",
    "rename_project",
    "resume_run",
    "retry_run",
    "run_experiment",
    "run_log",
    "run_outcome",
    "run_recipe",
    "run_samples",
    "score_responses",
    "set_runs_per_device",
    "show_experiments",
    "show_machine",
    "show_project",
    "show_run",
    "start_demo",
    "stop_run",
    "write_all_charts",
    "write_charts",
    "write_experiment",
]

_HOMES = {
    "comparisons": ("Answer", "Comparison", "Question", "compare_answers", "compare_runs"),
    "datasets": ("ImportResult", "detect_format", "import_dataset", "preview_import"),
    "demo": ("DemoResult", "finish_demo", "start_demo"),
    "doctor": ("Check", "examine"),
    "experiments": (
        "PlannedRun",
        "evaluate_runs",
        "plan_experiment",
        "read_experiment",
        "run_experiment",
        "write_experiment",
    ),
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
    "watching": (
        "ExperimentRuns",
        "RunNews",
        "StoredSetting",
        "order_queue",
        "read_run",
        "run_log",
        "run_outcome",
        "run_recipe",
        "run_samples",
        "show_experiments",
    ),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"workbench.api.{home}"), name)
    raise AttributeError(f"workbench.api has no {name!r}")
