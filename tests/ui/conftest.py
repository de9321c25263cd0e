"""A window without a screen, with settings of its own, on projects whose runs were evaluated on paper."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported

import pytest
import shiboken6
from evaluated_runs import realistic
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from workbench.api import projects
from workbench.jobs import launch
from workbench.storage.project import Project
from workbench.ui.application import make_application
from workbench.ui.collector import Collector
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.window import MainWindow

_QTS_OWN = {"qtooltip_label"}  # kept by Qt from one tooltip to the next


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The one application of the process, as the program makes it."""
    existing = QApplication.instance()
    return existing if isinstance(existing, QApplication) else make_application(["workbench"])


@pytest.fixture(autouse=True)
def no_qt_warnings(qtlog) -> Iterator[None]:
    """Whatever Qt complains of is a fault of ours."""
    yield
    said = [record.message for record in qtlog.records if record.type_name in ("QtWarningMsg", "QtCriticalMsg")]
    assert [line for line in said if "propagateSizeHints" not in line] == []  # the platform without a screen has none


@pytest.fixture(autouse=True)
def collector(qapp) -> Iterator[Collector]:
    """Garbage is collected as in the program; what a test leaves, before the next one."""
    made = Collector()
    yield made
    gc.collect()
    made.stop()
    made.deleteLater()


@pytest.fixture(autouse=True)
def no_widgets_left(qapp, request) -> Iterator[None]:
    """Whatever a test made goes with it: a box or dialog that outlives its window is a leak, seen or not."""
    before = {shiboken6.getCppPointer(widget) for widget in qapp.topLevelWidgets()}
    yield
    request.node.funcargs.clear()  # else what the test was handed lives until the next one
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if _ours(qapp, before):  # looking for garbage takes a while, and seldom is there any
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert [type(widget).__name__ for widget in _ours(qapp, before)] == []


def _ours(qapp: QApplication, before: set[int]) -> list[QWidget]:
    """Returns the widgets without a parent that were not there before.

    A plot of pyqtgraph keeps seven menus, which go when Python lets go of the plot.
    """
    found = [widget for widget in qapp.topLevelWidgets() if shiboken6.getCppPointer(widget) not in before]
    return [widget for widget in found if widget.objectName() not in _QTS_OWN and type(widget) is not QMenu]


@pytest.fixture(autouse=True)
def no_runner(monkeypatch) -> None:
    """Recorded runs stay as they were recorded: opening their project must not start workers on them."""
    for user in (launch, projects):
        monkeypatch.setattr(user, "wake_runner", lambda _project: False)


@pytest.fixture
def settings(tmp_path) -> QSettings:
    """Settings that start empty and touch nobody's own."""
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture(autouse=True)
def own_preferences(tmp_path, monkeypatch) -> None:
    """Preferences that start with their defaults."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def session(qapp, settings) -> Iterator[Session]:
    """A session without a project."""
    made = Session(settings)
    yield made
    made.stop()
    shiboken6.delete(made)  # else a collection of garbage on another thread may do it later


@pytest.fixture
def look(qapp) -> Look:
    """The light look."""
    made = Look("light")
    made.dress()
    return made


@pytest.fixture
def window(qtbot, session, look) -> MainWindow:
    """The window without a project."""
    made = MainWindow(session, look)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture(scope="session")
def evaluated_once(tmp_path_factory) -> Path:
    """The folder of a project with PPO and two DPO arms over two seeds, all evaluated."""
    folder = tmp_path_factory.mktemp("evaluated") / "stories"
    realistic(folder, seeds=(0, 1), n_prompts=40, steps=4)
    return folder


@pytest.fixture
def evaluated(evaluated_once, tmp_path) -> Project:
    """A copy of that project that the test may change."""
    shutil.copytree(evaluated_once, tmp_path / "stories")
    return Project.open(tmp_path / "stories")


@pytest.fixture
def open_project(qtbot, session):
    """Opens a project in the session and waits until it was looked at."""

    def opened(project: Project) -> Project:
        with qtbot.waitSignal(session.project_changed, timeout=20000):
            session.open(project.folder)
        return project

    return opened
