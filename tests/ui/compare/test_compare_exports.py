"""What is seen on the Compare page is kept: figures, tables, event files, models, scripts."""

import pytest
from PySide6.QtCore import Qt

from tests.ui.compare.driving import chosen, save_as
from workbench import api
from workbench.domain.errors import BadInput
from workbench.ui.pages.compare.exporting import ExportDialog


@pytest.mark.parametrize("suffix", [".svg", ".csv", ".html", ".md"])
def test_export_writes_what_is_shown_by_the_file_s_ending(qtbot, page, window, tmp_path, suffix):
    page.tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Unchecked)
    out = tmp_path / f"kept{suffix}"
    page.export.offer(suffix=suffix)
    page.export.write(out)
    qtbot.waitUntil(lambda: any(out.name in said for said in window.toasts.sentences()), timeout=20000)
    text = out.read_text(encoding="utf-8")
    as_arm = {".html": ">PPO<", ".md": "| PPO |"}.get(suffix, "PPO")  # how costs are counted names the method
    assert as_arm not in text
    assert as_arm.replace("PPO", "DPO β=0.1") in text


def test_two_clicks_on_save_and_a_name_keep_the_charts(qtbot, page, window, tmp_path):
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    chosen(page.export.format_box, ".svg")
    save_as(qtbot, page.export, tmp_path / "charts")
    qtbot.waitUntil(lambda: any("charts.svg" in said for said in window.toasts.sentences()), timeout=20000)
    assert "<svg" in (tmp_path / "charts.svg").read_text(encoding="utf-8")


def test_event_files_of_the_runs_that_are_compared_are_written(qtbot, page, window, tmp_path):
    page.export.offer(suffix="tensorboard")
    assert not page.export.what_box.isEnabled()
    page.export.write(tmp_path / "logs")
    qtbot.waitUntil(lambda: any("logs" in said for said in window.toasts.sentences()), timeout=60000)
    written = {folder.name for folder in (tmp_path / "logs").iterdir()}
    assert written == {run for arm in page.comparison.arms for run in (*arm.runs, *arm.evaluations)}


def test_a_model_and_a_script_are_of_one_run(qtbot, page, window, tmp_path):
    page.export.offer(suffix="script")
    runs = [run for arm in page.comparison.arms for run in arm.runs]
    box = page.export.what_box
    assert [box.itemData(i) for i in range(box.count())] == runs
    assert "seed 0" in box.itemText(0)
    chosen(page.export.format_box, "model")
    page.export.write(tmp_path / "model")  # paper runs have no checkpoints
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "no checkpoint yet" in window.banner.text()


def test_one_chart_is_kept_alone(qtbot, page, window, tmp_path):
    page.grid.export_wanted.emit("kl")
    chosen(page.export.format_box, ".csv")
    page.export.write(tmp_path / "kl.csv")
    qtbot.waitUntil(lambda: any("kl.csv" in said for said in window.toasts.sentences()), timeout=20000)
    panels = {line.split(",")[0] for line in (tmp_path / "kl.csv").read_text(encoding="utf-8").splitlines()[1:]}
    assert panels == {"KL to the start model"}


def test_all_that_was_logged_is_kept_as_a_table(qtbot, page, window, tmp_path):
    page.export.offer(suffix=".svg")
    chosen(page.export.what_box, "logged")
    assert page.export.kind.key == ".csv"
    assert "one column for each metric" in page.export.words.text()
    page.export.write(tmp_path / "all.csv")
    qtbot.waitUntil(lambda: any("all.csv" in said for said in window.toasts.sentences()), timeout=20000)
    assert '"loss"' in (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()[0]


def test_parquet_holds_what_was_logged_and_a_figure_what_is_drawn(page):
    page.export.offer()
    chosen(page.export.format_box, ".parquet")
    assert page.export.what_box.currentData() == "logged"
    chosen(page.export.format_box, ".pdf")
    assert page.export.what_box.currentData() is None
    chosen(page.export.format_box, ".parquet")
    chosen(page.export.what_box, "kl")
    assert page.export.kind.key == ".csv"


def test_the_preview_is_the_figure_and_the_choices_come_back(qtbot, page, session):
    page.export.offer(suffix=".png")
    qtbot.waitUntil(lambda: not page.export.picture.pixmap().isNull(), timeout=20000)
    page.export.form.show_unit("px")
    page.export.form.dpi_box.setValue(100)
    page.export.form.width_box.setValue(800)
    again = ExportDialog(session, lambda: page.comparison, lambda: page.view, page)
    assert again.kind.key == ".png"
    assert again.style_wanted().pixels(3)[0] == 800


def test_a_size_that_cannot_be_drawn_is_said_before_saving(page):
    page.export.offer(suffix=".png")
    page.export.form.width_box.setValue(5000.0)
    assert "“Width” is" in page.export.problem.text()
    assert not page.export.save_button.isEnabled()


def test_an_export_that_fails_says_so_in_the_banner(qtbot, page, window, tmp_path):
    page.export.write(tmp_path / "kept.docx")
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert ".svg" in window.banner.text()


def test_while_a_file_is_written_the_button_says_so_and_no_other_can_take_its_place(qtbot, page, window, tmp_path):
    page.export.offer(suffix=".csv")
    page.export.write(tmp_path / "kept.csv")
    button = page.export.save_button
    assert (button.text(), button.isEnabled()) == ("Saving…", False)
    page.export.form.changed.emit()
    assert not button.isEnabled()
    qtbot.waitUntil(button.isEnabled, timeout=20000)
    assert button.text() == "Save…"
    page.export.write(tmp_path / "kept.docx")
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert button.isEnabled()


def test_the_dialogs_of_an_export_are_not_modal_to_the_program(page):
    page.export.offer(suffix=".svg")
    assert not page.export.isModal()
    dialog = page.export.ask_where()
    assert dialog.windowModality() != Qt.WindowModality.ApplicationModal
    dialog.reject()


def test_a_preview_that_cannot_be_drawn_says_why(qtbot, page, monkeypatch):
    def fails(*_args, **_named):
        raise BadInput("No font has these letters.")

    monkeypatch.setattr(api, "preview_charts", fails)
    page.export.offer(suffix=".png")
    qtbot.waitUntil(page.export.problem.isVisible, timeout=20000)
    assert "No font" in page.export.problem.text()
