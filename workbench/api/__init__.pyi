"""Every verb of the product, with its home."""

from .comparisons import Answer, Comparison, Question, compare_answers, compare_runs
from .datasets import ImportResult, detect_format, import_dataset, preview_import
from .demo import DemoResult, finish_demo, start_demo
from .display import has_display, open_window
from .doctor import Check, examine
from .experiments import (
    ExperimentPlan,
    PlannedRun,
    evaluate_runs,
    plan_experiment,
    read_experiment,
    run_experiment,
    write_experiment,
)
from .look import Theme, chart_theme
from .machine import GpuLoad, MachineLoad, show_machine
from .projects import (
    Project,
    ProjectView,
    copy_project,
    create_project,
    move_project,
    open_project,
    rename_project,
    show_project,
)
from .results import export_report, write_all_charts, write_charts
from .rows import RowSearch, browse_dataset
from .runs import (
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
from .sample import default_projects_folder, demo_folder, find_sample, place_sample
from .scoring import ScoreResult, score_responses
from .settings import SettingView, list_settings
from .watching import (
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
    "ExperimentPlan",
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
    "has_display",
    "import_dataset",
    "list_settings",
    "move_project",
    "open_project",
    "open_window",
    "order_queue",
    "pause_run",
    "place_sample",
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
