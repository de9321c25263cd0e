"""A card of runs: one line each, with its state in words and a bar where it works."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.methods import run_words as name_run
from workbench.domain.records import RunState
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.controls import button, label, set_tone, tip_words

_TONES = {RunState.FINISHED: "good", RunState.FAILED: "bad", RunState.VANISHED: "bad", RunState.BLOCKED: "warn"}


class RunRows(Card):
    """Lists runs; says something where there are none.

    Signals:
        chosen: the id of a run that the person wants to see.
    """

    chosen = Signal(str)

    def __init__(self, title: str, when_empty: str) -> None:
        super().__init__(title)
        self._empty = label(when_empty, "muted", wraps=True)
        self._more = label("", "muted")
        self._rows: list[RunRow] = []
        self._list = QVBoxLayout()
        self.body.addWidget(self._empty)
        self.body.addLayout(self._list)
        self.body.addWidget(self._more)
        self.body.addStretch(1)

    def show_runs(self, runs: Sequence[api.RunView], n_all: int) -> None:
        """Shows these runs of `n_all`."""
        while len(self._rows) > len(runs):
            row = self._rows.pop()
            self._list.removeWidget(row)
            row.deleteLater()
        while len(self._rows) < len(runs):
            self._rows.append(RunRow(self.chosen.emit))
            self._list.addWidget(self._rows[-1])
        for row, run in zip(self._rows, runs, strict=True):
            row.show_run(run)
        self._empty.setVisible(not runs)
        self._more.setText(f"and {n_all - len(runs)} more" if n_all > len(runs) else "")
        self._more.setVisible(n_all > len(runs))


class RunRow(QWidget):
    """One run's name, which leads to it, its state and progress."""

    def __init__(self, on_chosen: Callable[[str], object]) -> None:
        super().__init__()
        self._id = ""
        self._name = button("", lambda: on_chosen(self._id), role="name")
        self._state = label("", "muted")
        self._message = label("", "muted", wraps=True)
        self._bar = QProgressBar(textVisible=False)
        head = QHBoxLayout()
        head.addWidget(self._name)
        head.addStretch(1)
        head.addWidget(self._state)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        layout.addWidget(self._message)

    def show_run(self, run: api.RunView) -> None:
        """Shows a run as it is now."""
        self._id = run.id
        self._name.setText(run_title(run).replace("&", "&&"))
        self._name.setToolTip(tip_words(f"Shows {run.id}"))
        self._state.setText(run_words(run))
        set_tone(self._state, _TONES.get(run.state, "plain"))
        self._bar.setVisible(run.state in (RunState.RUNNING, RunState.STOPPING))
        self._bar.setRange(0, max(1, run.total))
        self._bar.setValue(run.step)
        self._bar.setAccessibleName(f"{run_title(run)}: {run_words(run)}")
        why = "" if run.state is RunState.FINISHED else f"{run.message} {run.hint}".strip()
        self._message.setText(why)
        self._message.setToolTip(tip_words("\n".join(run.waits_for)))
        self._message.setVisible(bool(why))


def run_title(run: api.RunView) -> str:
    """Names a run: its arm or stage, what was done, its seed."""
    return name_run(run.name, run.method, run.seed, run.reward)


def run_words(run: api.RunView) -> str:
    """Says in words where a run is."""
    if run.state is not RunState.RUNNING:
        return str(run.state)
    parts = [run.phase or "running", f"{run.step:,} of {run.total:,}" if run.total else ""]
    if run.left_s is not None:
        parts.append(f"{duration(run.left_s)} left")
    return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Returns a duration as people say it: 45 s, 12 min, 3 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
