"""The settings of an exported figure: its size in millimetres or pixels, resolution, ground and letters."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QLabel, QSpinBox, QWidget

from workbench import api
from workbench.domain.figures import MM, FigureStyle
from workbench.ui.widgets import label
from workbench.ui.widgets.controls import keep_off

_LARGEST, _GAP, _LABELS = 60_000.0, 8, 80
_DECIMALS = 2  # of millimetres, so that a number of pixels comes back as it was


class FigureForm(QWidget):
    """Asks for a FigureStyle.

    Signals:
        changed: a value was set by a person.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._told = {setting.name: setting for setting in api.list_settings("figure")}
        self.width_box, self.height_box = (
            QDoubleSpinBox(minimum=0.0, maximum=_LARGEST, decimals=_DECIMALS) for _ in range(2)
        )
        self.unit_box = QComboBox()
        self.unit_box.addItems(["mm", "px"])
        self.dpi_box = QSpinBox(minimum=1, maximum=9_999)
        for box in (self.width_box, self.height_box, self.dpi_box):
            keep_off(box)
        self.ground_box, self.font_box = self._choice("ground"), self._choice("font")
        self._unit = "mm"
        self._build()
        self._connect()
        self.show_values(FigureStyle().model_dump())

    def values(self) -> dict[str, Any]:
        """Returns what stands there, lengths in millimetres, for `FigureStyle.read`."""
        scale = MM / self.dpi_box.value() if self._unit == "px" else 1.0
        return {
            "width": self.width_box.value() * scale,
            "height": self.height_box.value() * scale,
            "dpi": self.dpi_box.value(),
            "ground": self.ground_box.currentText(),
            "font": self.font_box.currentText(),
        }

    def show_values(self, values: dict[str, Any]) -> None:
        """Shows a style; lengths in the unit that is chosen."""
        self.blockSignals(True)
        self.dpi_box.setValue(values["dpi"])
        scale = self.dpi_box.value() / MM if self._unit == "px" else 1.0
        self.width_box.setValue(values["width"] * scale)
        self.height_box.setValue(values["height"] * scale)
        self.ground_box.setCurrentText(values["ground"])
        self.font_box.setCurrentText(values["font"])
        self.blockSignals(False)

    def show_unit(self, unit: str) -> None:
        """Shows lengths in mm or px, the size staying what it is."""
        if unit != self._unit:
            scale = self.dpi_box.value() / MM
            factor = scale if unit == "px" else 1 / scale
            self._unit = unit
            self.blockSignals(True)
            for box in (self.width_box, self.height_box):
                value = box.value() * factor
                box.setDecimals(0 if unit == "px" else _DECIMALS)
                box.setValue(value)
            self.unit_box.setCurrentText(unit)
            self.blockSignals(False)

    def _build(self) -> None:
        form = dense_form(self)
        rows: dict[str, QWidget] = {
            "width": self.width_box,
            "height": self.height_box,
            "dpi": self.dpi_box,
            "ground": self.ground_box,
            "font": self.font_box,
        }
        for name, box in rows.items():
            told = self._told[name]
            box.setAccessibleName(told.label)
            box.setToolTip(f"{told.help} {told.bounds}".strip())
            if box is self.dpi_box:  # here, and not later at its place: the Tab key goes as they were added
                form.addRow(form_label("Unit"), self.unit_box)
            form.addRow(form_label(told.label), box)
        self.dpi_box.setSuffix(" dpi")
        self.height_box.setSpecialValueText("as needed")
        self.unit_box.setAccessibleName("Unit of width and height")

    def _connect(self) -> None:
        for box in (self.width_box, self.height_box, self.dpi_box):
            box.setKeyboardTracking(False)  # a figure is drawn for a number, not for each of its digits
            box.valueChanged.connect(lambda _value: self.changed.emit())
        for choice in (self.ground_box, self.font_box):
            choice.activated.connect(lambda _at: self.changed.emit())
        self.unit_box.activated.connect(lambda _at: self.show_unit(self.unit_box.currentText()))

    def _choice(self, name: str) -> QComboBox:
        made = QComboBox()
        made.addItems(list(self._told[name].choices))
        return made


def dense_form(parent: QWidget | None = None) -> QFormLayout:
    """Returns a form whose rows stand as close as those of the others beside it."""
    form = QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(_GAP)
    form.setHorizontalSpacing(_GAP)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def form_label(words: str) -> QLabel:
    """Returns a label as wide as those of all rows, so that the fields of two forms stand in one line."""
    made = label(words, "muted")
    made.setFixedWidth(_LABELS)
    return made
