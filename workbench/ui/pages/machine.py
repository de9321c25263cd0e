"""Machine: processors, memory and graphics cards over the last minutes, and what each run takes of them."""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.machine.load_plot import LoadPlot
from workbench.ui.machine.run_table import RunTable
from workbench.ui.machine.watch import LOOK_MS
from workbench.ui.page import Page
from workbench.ui.session import Session
from workbench.ui.theme import Look, Scheme
from workbench.ui.widgets import Card, label
from workbench.ui.widgets.run_rows import run_title

_GIB = 1024
_COLUMNS = 2
_NOTHING = "No run of the open project goes on."
_NO_PROJECT = "Open a project to see what its runs take."
_TABLE_HEIGHT = 190


class MachinePage(Page):
    """Shows how busy the computer is, while it is in sight."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self.plots: dict[str, LoadPlot] = {}
        self.table = RunTable()
        self._runs = Card("Running now")
        self._none = label(_NOTHING, "muted", wraps=True)
        self._grid = QGridLayout()
        self._meter: api.UsageMeter | None = None
        self._timer = QTimer(self, interval=LOOK_MS)
        self._place()
        self._connect()

    def arrive(self) -> None:
        self._timer.start()
        self._show_load()
        self._measure()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def stop_run(self, run_id: str) -> None:
        """Asks a run to save a checkpoint and end; undoing it lets the run go on."""
        project = self.session.project
        if project is not None:
            self.session.history.do(
                f"Stop {self._names().get(run_id, run_id)}",
                lambda: api.stop_run(project, run_id),
                lambda _view: api.resume_run(project, run_id),
                lambda _view: self.session.look(),
            )

    def _connect(self) -> None:
        self._timer.timeout.connect(self._measure)
        self.table.stop_wanted.connect(self.stop_run)
        self.session.machine.looked.connect(lambda _load: self._show_load())
        self.session.project_opened.connect(lambda _project: self._forget())
        self.session.project_closed.connect(self._forget)
        self.look.changed.connect(self._on_look)

    def _on_look(self, scheme: Scheme) -> None:
        for plot in self.plots.values():
            plot.dress(scheme)

    def _forget(self) -> None:
        self._meter = None
        self.session.tasks.cancel("usage")
        self._show_uses([])

    def _measure(self) -> None:
        project = self.session.project
        if project is None or self.session.tasks.is_running("usage"):
            self._show_uses([]) if project is None else None
            return
        self._meter = self._meter or api.UsageMeter(project)
        self.session.ask("usage", self._meter.look, self._show_uses, title="The runs could not be measured")

    def _show_uses(self, uses: Sequence[api.RunUse]) -> None:
        self.table.show_uses(uses, self._names())
        self.table.setVisible(bool(uses))
        self._none.setText(_NO_PROJECT if self.session.project is None else _NOTHING)
        self._none.setVisible(not uses)

    def _names(self) -> dict[str, str]:
        view = self.session.view
        return {} if view is None else {run.id: run_title(run) for run in view.runs}

    def _show_load(self) -> None:
        moments = self.session.machine.moments
        if not moments or not self.isVisible():
            return
        load = moments[-1].load
        self._draw("CPU", "%", 1, lambda at: at.cpu_percent, 100, f"{load.cpu_percent:.0f} % of {load.cores} cores")
        self._draw("Memory", "GB", 2, lambda at: at.used_mib / _GIB, load.memory_mib / _GIB, _of(load))
        for number, gpu in enumerate(load.gpus):
            if gpu.busy_percent is not None:
                words = f"{gpu.busy_percent:.0f} % busy · {gpu.name}"
                self._draw(f"GPU {number}", "%", 3, lambda at, n=number: _gpu(at, n).busy_percent or 0, 100, words)
            self._draw(
                f"GPU {number} memory",
                "GB",
                4,
                lambda at, n=number: _gpu(at, n).used_mib / _GIB,
                gpu.memory_mib / _GIB,
                _of(gpu),
            )

    def _draw(
        self, title: str, unit: str, place: int, value: Callable[[api.MachineLoad], float], most: float, words: str
    ) -> None:
        if title not in self.plots:
            made = LoadPlot(title, unit, place, self.look.scheme)
            self._grid.addWidget(made, len(self.plots) // _COLUMNS, len(self.plots) % _COLUMNS)
            self.plots[title] = made
        now = time.monotonic()
        moments = self.session.machine.moments
        minutes = [(moment.at - now) / 60 for moment in moments]
        self.plots[title].show_figures(minutes, [value(moment.load) for moment in moments], most or 1, words)

    def _place(self) -> None:
        self._grid.setSpacing(12)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self.table.setMinimumHeight(_TABLE_HEIGHT)
        self._runs.body.addWidget(self._none)
        self._runs.body.addWidget(self.table, 1)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        inside.addLayout(self._grid)
        inside.addWidget(self._runs)
        inside.addStretch(1)
        area = QScrollArea(objectName="ground", widgetResizable=True)
        area.setAccessibleName("Machine")
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(label("Machine", "page-title"))
        layout.addWidget(area, 1)


def _gpu(load: api.MachineLoad, number: int) -> api.GpuLoad:
    known = load.gpus[number : number + 1]
    return known[0] if known else api.GpuLoad(name="", used_mib=0, memory_mib=0)


def _of(load: api.MachineLoad | api.GpuLoad) -> str:
    return f"{load.used_mib / _GIB:.1f} of {load.memory_mib / _GIB:.0f} GB"
