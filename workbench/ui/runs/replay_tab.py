"""A run done again: how far that is, and whether the same came of it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.widgets import button, label, set_tone

_NEVER = "Not replayed yet. Replay (Ctrl+Shift+Y) does this run again from its recorded recipe, beside the queue, and compares."
_UNFINISHED = "Only a finished run can be replayed."


class ReplayTab(QWidget):
    """Says it in one sentence; below it every metric and file, and what the surroundings differ in.

    Signals:
        stop_wanted: the replay that goes on is to end.
    """

    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.sentence = label("", "title", wraps=True, selectable=True)
        self.stop = button("Stop replay", self.stop_wanted.emit, tip="Ends it at once; nothing of it is kept")
        self.details = QPlainTextEdit(readOnly=True)
        self.may_change = True
        self._build()

    def show_replay(self, run: api.RunView, replay: api.ReplayView) -> None:
        """Shows where the replay of a run is, and what the newest one found."""
        self.may_change = run.state is RunState.FINISHED
        self.sentence.setText(_sentence(run, replay))
        set_tone(self.sentence, _tone(replay))
        self.stop.setVisible(replay.is_working)
        text = _details(replay.found) if replay.found and not replay.is_going else ""
        if text != self.details.toPlainText():
            self.details.setPlainText(text)
        self.details.setVisible(bool(text))

    def _build(self) -> None:
        self.details.setAccessibleName("What the replay compared")
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self.sentence)
        layout.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignLeft)
        self.stop.hide()
        layout.addWidget(self.details, 1)
        layout.addStretch()


def _sentence(run: api.RunView, replay: api.ReplayView) -> str:
    if replay.is_going:
        far = f", {replay.step:,} of {replay.total:,}" if replay.total else ""
        return f"Replaying: {replay.phase}{far}."
    if replay.problem:
        return replay.problem
    if replay.found is not None:
        return replay.found.sentence
    return _NEVER if run.state is RunState.FINISHED else _UNFINISHED


def _tone(replay: api.ReplayView) -> str:
    if replay.is_going:
        return "plain"
    if replay.problem:
        return "bad"
    return "plain" if replay.found is None else "good" if replay.found.is_same else "warn"


def _details(found: api.Replay) -> str:
    lines = [f"{change.what}: was {change.before}, is {change.after}" for change in found.changed]
    lines = ["Surroundings", *(lines or ["as they were"]), "", "Metrics"]
    for metric in found.metrics:
        if metric.is_same:
            said = f"same at {metric.n_compared:,} steps"
        elif metric.first_step is None:
            said = f"same at {metric.n_compared:,} steps, {metric.n_missing:,} of one only"
        else:
            said = f"differs from step {metric.first_step:,} on, by {metric.largest:.3g} at most"
        lines.append(f"{metric.name}: {said}")
    lines += ["", "Weights and samples"]
    lines += [f"step {file.step:,}, {file.name}: {'same' if file.is_same else 'different'}" for file in found.files]
    return "\n".join([*lines, "", f"{found.seconds:.0f} s on {found.device}"])
