"""What a comparison is drawn over and against: x-axis, smoothing, baseline, judge, panels."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from workbench import api
from workbench.compare import ComparedArm
from workbench.domain.experiments import START_MODEL, shown_name
from workbench.domain.metrics import describe
from workbench.domain.views import PANELS, XAxis
from workbench.ui.widgets import label
from workbench.ui.widgets.smoothing_box import SmoothingBox
from workbench.ui.widgets.tick_menu import TickMenu

X_WORDS: dict[XAxis, str] = {
    "step": "step",
    "episodes": "episodes",
    "tokens": "tokens",
    "seconds": "time",
    "kl": "KL",
}
_METRICS = ("objective/scores", "objective/kl", "objective/entropy", "objective/length", "rewards/margins",
            "rewards/accuracies", "logps/chosen", "loss", "grad_norm")  # fmt: skip
_MOST_PANELS = 6


class ViewBar(QWidget):
    """The controls of a view.

    Signals:
        changed: the person set something; carries the values by the names of the view's settings.
    """

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self._told = {setting.name: setting for setting in api.list_settings("view")}
        self._view = api.View()
        self.x_box, self.baseline_box, self.judge_box = (QComboBox() for _ in range(3))
        self.smoothing_box = SmoothingBox()
        self.panels_button = QPushButton("Panels")
        self._menu = TickMenu(self.panels_button)
        self._build()
        self._connect()

    def offer_metrics(self, names: Sequence[str]) -> None:
        """Puts the metrics that only these runs have behind those of all."""
        there = {action.data() for action in self._menu.actions()}
        for name in names:
            if name not in there:
                self._add_metric(name)

    def show_view(self, view: api.View, arms: Sequence[ComparedArm], judges: Sequence[str] = ()) -> None:
        """Shows what a view says; the arms are those that may be the baseline, the first judge is the gold one."""
        self._view = view
        self.x_box.setCurrentIndex(self.x_box.findData(view.x))
        self.smoothing_box.show_percent(view.smoothing)
        self.baseline_box.clear()
        self.baseline_box.addItem(START_MODEL, "")
        others = [arm for arm in arms if shown_name(arm.name) != START_MODEL or arm.called[0] == view.baseline]
        for arm in others:
            self.baseline_box.addItem(shown_name(arm.name), arm.called[0])
        if self.baseline_box.findData(view.baseline) < 0:
            self.baseline_box.addItem(view.baseline, view.baseline)
        self.baseline_box.setCurrentIndex(max(0, self.baseline_box.findData(view.baseline)))
        self.judge_box.clear()
        for at, judge in enumerate(judges or ("gold",)):
            self.judge_box.addItem(judge, judge if at else "")
        if self.judge_box.findData(view.judge) < 0:
            self.judge_box.addItem(view.judge, view.judge)
        self.judge_box.setCurrentIndex(self.judge_box.findData(view.judge))
        self._tick(view.panels)

    def _build(self) -> None:
        for key, words in X_WORDS.items():
            self.x_box.addItem(words, key)
        self.baseline_box.addItem(START_MODEL, "")
        self._full = self._menu.addAction(f"{_MOST_PANELS} at most: untick one to draw another")
        self._full.setEnabled(False)
        for name in (*PANELS, None, *_METRICS):
            if name is None:
                self._menu.addSection("While training")
                continue
            self._add_metric(name)
        self._menu.setToolTipsVisible(True)
        self.panels_button.setMenu(self._menu)
        self.panels_button.setToolTip(self._told["panels"].help)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        boxes = {
            "x": self.x_box,
            "smoothing": self.smoothing_box,
            "baseline": self.baseline_box,
            "judge": self.judge_box,
        }
        for name, box in boxes.items():
            told = self._told[name]
            box.setAccessibleName(told.label)
            box.setToolTip(f"{told.help}{f' In {told.unit}.' if told.unit else ''}")
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setIconSize(QSize(0, 0))  # none of them has icons, for which room is kept otherwise
            layout.addWidget(label(told.label, "muted"))
            layout.addWidget(box)
        self.x_box.setMinimumContentsLength(7)
        self.smoothing_box.setMinimumContentsLength(3)
        self.baseline_box.setMinimumContentsLength(9)
        self.judge_box.setMinimumContentsLength(8)
        layout.addWidget(self.panels_button)

    def _add_metric(self, name: str) -> None:
        action = self._menu.addAction(PANELS.get(name) or f"{describe(name).label} · {name}")
        action.setCheckable(True)
        action.setData(name)
        action.setToolTip(describe(name).meaning)

    def _connect(self) -> None:
        self.x_box.activated.connect(lambda _at: self.changed.emit({"x": self.x_box.currentData()}))
        self.smoothing_box.activated.connect(lambda _at: self.changed.emit({"smoothing": self.smoothing_box.percent()}))
        self.baseline_box.activated.connect(
            lambda _at: self.changed.emit({"baseline": self.baseline_box.currentData()})
        )
        self.judge_box.activated.connect(lambda _at: self.changed.emit({"judge": self.judge_box.currentData()}))
        self._menu.triggered.connect(lambda _action: self._on_panels_chosen())

    def _tick(self, panels: Sequence[str]) -> None:
        """Shows which panels are drawn; as many as fit leave no room for another."""
        for action in self._menu.actions():
            is_drawn = action.data() in panels
            action.setChecked(is_drawn)
            action.setEnabled(action is not self._full and (is_drawn or len(panels) < _MOST_PANELS))
        self._full.setVisible(len(panels) >= _MOST_PANELS)

    def _on_panels_chosen(self) -> None:
        """Keeps the order in which panels stand; a new one comes last. One is left, and no more than fit are taken."""
        ticked = [action.data() for action in self._menu.actions() if action.isChecked()]
        kept = [name for name in self._view.panels if name in ticked]
        panels = [*kept, *(name for name in ticked if name not in kept)][:_MOST_PANELS] or list(self._view.panels)
        self._tick(panels)
        self.changed.emit({"panels": panels})
