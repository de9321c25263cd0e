"""Which devices runs may use, and how many runs each takes at once."""

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QGridLayout, QSpinBox, QWidget

from workbench import api
from workbench.ui.session import Session
from workbench.ui.settings.card import PreferenceCard
from workbench.ui.widgets import label
from workbench.ui.widgets.controls import keep_off

_USE = "devices.use"
_MOST_RUNS = 16


class DevicesCard(PreferenceCard):
    """Asks for the devices of this computer, and for the cores of a run."""

    words = "GPU CPU cuda processors cores runs at once queue devices.use"

    def __init__(self, session: Session) -> None:
        super().__init__("Devices", "runs that go on keep what they have", "devices", session.preferences, [_USE])
        self._session = session
        self.boxes: dict[str, QCheckBox] = {}
        self.counts: dict[str, QSpinBox] = {}
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._words = label("", "muted", wraps=True)
        self.rows.insertLayout(0, self._grid)
        self.rows.insertWidget(1, self._words)
        session.preferences.changed.connect(lambda _preferences: self.refresh())

    def refresh(self) -> None:
        """Asks which devices there are."""
        project = self._session.project
        self._session.ask(
            "window devices", lambda: api.list_devices(project), self._show, title="The devices are not known"
        )

    def _show(self, devices: Sequence[api.DeviceView]) -> None:
        is_open = self._session.project is not None
        for row, device in enumerate(devices):
            if device.name not in self.boxes:
                self._add(device, row)
            box, count = self.boxes[device.name], self.counts[device.name]
            box.blockSignals(True)
            box.setChecked(device.allowed)
            box.blockSignals(False)
            count.blockSignals(True)
            count.setValue(device.runs)
            count.blockSignals(False)
            count.setEnabled(is_open and device.allowed)
        self._words.setText(
            "A run takes a device for itself. Small models leave room for several at once; how many is kept with the "
            + ("open project." if is_open else "project: open one to set it.")
        )

    def _add(self, device: api.DeviceView, row: int) -> None:
        box = QCheckBox(device.name)
        box.setToolTip("Runs that start may use it")
        box.toggled.connect(lambda _on: self._on_toggled())
        count = QSpinBox(minimum=1, maximum=_MOST_RUNS, keyboardTracking=False)
        count.setAccessibleName(f"Runs at once on {device.name}")
        keep_off(count)
        count.setSuffix(" at once")
        count.valueChanged.connect(lambda runs: self._set_runs(device.name, runs))
        widgets: list[QWidget] = [box, label(device.what, "muted"), count]
        for column, widget in enumerate(widgets):
            self._grid.addWidget(widget, row, column)
        self.boxes[device.name], self.counts[device.name] = box, count

    def _on_toggled(self) -> None:
        chosen = [name for name, box in self.boxes.items() if box.isChecked()]
        if not chosen:
            self._session.tell("Runs need at least one device.", "bad")
            self.refresh()
        elif len(chosen) == len(self.boxes):
            self._session.preferences.reset(_USE)
        else:
            self._session.preferences.set(_USE, tuple(chosen))

    def _set_runs(self, device: str, runs: int) -> None:
        project = self._session.project
        if project is not None:
            self._session.ask(
                f"window runs on {device}",
                lambda: api.set_runs_per_device(project, device, runs),
                lambda _done: None,
                title="The number of runs was not changed",
            )
