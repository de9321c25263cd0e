"""The whole way through the window, with real jobs: new project, import, experiment, launch, watch, compare, export."""

import shutil
from pathlib import Path

import psutil
import pytest
import yaml
from PySide6.QtCore import Qt

from tests.ui.compare.driving import chosen, save_as
from workbench.data.assets import asset
from workbench.data.film_critic import write_film_critic
from workbench.domain.records import RunState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_CTRL = Qt.KeyboardModifier.ControlModifier
_LEFT = Qt.MouseButton.LeftButton
_MINUTES_MS = 240_000


@pytest.fixture
def no_runner():
    """Runs really run here; those that a failed test leaves behind are ended."""
    yield
    for child in psutil.Process().children(recursive=True):
        child.kill()


@pytest.fixture
def brief(tmp_path: Path) -> Path:
    """The film critic's experiment, cut down to a few steps a stage."""
    raw = yaml.safe_load(asset("film-critic/experiment.yaml").read_text(encoding="utf-8"))
    raw["name"] = "brief"
    raw["sft"] |= {"max_steps": 12, "logging_steps": 2}
    raw["reward"] |= {"max_steps": 6, "normalize_samples": 16}
    ppo, dpo, _ = raw["arms"]
    raw["arms"] = [ppo | {"total_episodes": 256, "n_checkpoints": 2}, dpo | {"max_steps": 4, "n_checkpoints": 2}]
    path = tmp_path / "brief.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def test_from_a_new_project_to_an_exported_chart(qtbot, window, session, tmp_path, brief):
    files = write_film_critic(tmp_path / "files")
    start = window.page
    start.where_field.setText(str(tmp_path))
    qtbot.keyClicks(start.name_field, "critic")
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        qtbot.keyClick(start.name_field, Qt.Key.Key_Return)
    project = session.project
    shutil.copytree(files.base, project.folder / "models" / "base")

    _go(qtbot, window, "data")
    for number, path in enumerate((files.corpus, files.ratings, files.prompts), 1):
        window.page.begin_import(str(path))  # what a drop and the file dialog do
        qtbot.waitUntil(window.page.panel.go_button.isEnabled, timeout=20000)
        qtbot.mouseClick(window.page.panel.go_button, _LEFT)
        qtbot.waitUntil(lambda n=number: len(session.view.datasets) == n, timeout=60000)

    _go(qtbot, window, "experiments")
    experiments = window.page
    qtbot.keyClick(window, Qt.Key.Key_N, _CTRL)
    experiments.form.keeping.open_yaml(str(brief))
    qtbot.waitUntil(experiments.form.plan.launch_button.isEnabled, timeout=20000)
    qtbot.mouseClick(experiments.form.plan.launch_button, _LEFT)
    qtbot.waitUntil(lambda: len(session.view.runs) == 8, timeout=20000)

    ppo = next(run.id for run in session.view.runs if run.method == "ppo")
    experiments.go_to(ppo)
    qtbot.waitUntil(lambda: _state(session, ppo) is RunState.RUNNING, timeout=_MINUTES_MS)
    qtbot.waitUntil(lambda: "objective/kl" in experiments.panel.curves.shown(), timeout=_MINUTES_MS)
    qtbot.waitUntil(lambda: all(run.state.is_over for run in session.view.runs), timeout=_MINUTES_MS)
    assert {run.id: run.message for run in session.view.runs if run.state is not RunState.FINISHED} == {}
    assert any("evaluated" in sentence for sentence in window.toasts.sentences())

    _go(qtbot, window, "compare")
    compare = window.page
    qtbot.waitUntil(lambda: compare.comparison is not None and len(compare.comparison.arms) == 3, timeout=60000)
    assert [arm.name for arm in compare.comparison.arms] == ["reference", "PPO", "DPO beta 0.1"]
    out = tmp_path / "critic.svg"
    qtbot.keyClick(window, Qt.Key.Key_E, _CTRL | Qt.KeyboardModifier.ShiftModifier)
    chosen(compare.export.format_box, ".svg")
    save_as(qtbot, compare.export, out)
    qtbot.waitUntil(lambda: any("Saved critic.svg" in said for said in window.toasts.sentences()), timeout=60000)
    assert "<svg" in out.read_text(encoding="utf-8")


def _go(qtbot, window, key):
    number = window._offered().index(key) + 1
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), _CTRL)
    assert window.page_key == key


def _state(session, run_id):
    return next(run.state for run in session.view.runs if run.id == run_id)
