"""Projects: what they hold, and that they can be copied, moved and renamed."""

from pathlib import Path

from workbench.api.projects import copy_project, move_project, open_project, rename_project, show_project
from workbench.storage.project import Project


def test_show_lists_runs_with_their_state(project: Project) -> None:
    view = show_project(project)
    assert [(run.id, run.state.value) for run in view.runs] == [
        ("dpo-s0-aaaa", "finished"),
        ("dpo-s0-aabb", "finished"),
        ("ppo-s1-cccc", "stopped"),
    ]


def test_a_copy_that_is_moved_and_renamed_still_opens(project: Project, tmp_path: Path) -> None:
    copy = move_project(copy_project(project, tmp_path / "copy"), tmp_path / "elsewhere")
    rename_project(copy, "Second try")
    opened = open_project(tmp_path / "elsewhere")
    assert opened.name == "Second try"
    assert len(opened.jobs()) == 3
    assert not (tmp_path / "copy").exists()
