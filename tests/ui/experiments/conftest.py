"""A new experiment's form, opened in a project with one dataset and one model."""

import pytest
from PySide6.QtCore import Qt

from tests.jobs.planning import add, write_model
from tests.storage.records import dataset
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project.create(tmp_path / "project")
    add(made, dataset("stories"))
    write_model(made.folder / "models" / "small")
    return made


@pytest.fixture
def form(qtbot, window, open_project, project):
    open_project(project)
    window.show_page("experiments")
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    return window.page.form
