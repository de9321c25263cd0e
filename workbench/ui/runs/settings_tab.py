"""The recipe that a run was frozen with: what was set, what that means, what differs from the default."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench import api
from workbench.ui.widgets.controls import tip_words

_MARK = "● "


class SettingsTab(QWidget):
    """Lists the settings; the changed ones are marked by a dot and in bold."""

    def __init__(self) -> None:
        super().__init__()
        self._recipe: Sequence[api.StoredSetting] = ()
        self.search = QLineEdit(placeholderText="Find a setting", clearButtonEnabled=True)
        self.only_changed = QCheckBox("Changed only")
        self.list = QTreeWidget()
        self._build()
        self.search.textChanged.connect(self._filter)
        self.only_changed.toggled.connect(self._filter)

    def show_recipe(self, recipe: Sequence[api.StoredSetting]) -> None:
        """Shows the stored settings of a run."""
        self._recipe = recipe
        self.list.clear()
        self.list.addTopLevelItems([_item(setting) for setting in recipe])
        self._filter()

    def rows(self) -> list[str]:
        """Returns the labels in sight, as they are written."""
        items = [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]
        return [item.text(0) for item in items if not item.isHidden()]

    def _filter(self) -> None:
        wanted = self.search.text().casefold()
        for row, setting in enumerate(self._recipe):
            found = wanted in f"{setting.name} {setting.label} {setting.help}".casefold()
            shown = found and (setting.is_changed or not self.only_changed.isChecked())
            self.list.topLevelItem(row).setHidden(not shown)

    def _build(self) -> None:
        self.search.setAccessibleName("Find a setting")
        self.list.setAccessibleName("Settings of the run")
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["setting", "value", "default"])
        self.list.setRootIsDecorated(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addWidget(self.only_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)


def value_words(value: Any, unit: str = "") -> str:
    """Writes a setting's value as people do."""
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    words = f"{value:,}" if isinstance(value, int) else f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{words} {unit}".strip()


def _item(setting: api.StoredSetting) -> QTreeWidgetItem:
    mark = _MARK if setting.is_changed else ""
    value = value_words(setting.value, setting.unit)
    if setting.derived is not None:
        value = f"{setting.derived:.3g} {setting.unit}".strip() + " (derived)"
    shown = [f"{mark}{setting.label}", value, value_words(setting.default)]
    item = QTreeWidgetItem(shown)
    for column in range(3):
        font = item.font(column)
        font.setBold(setting.is_changed and column < 2)
        item.setFont(column, font)
        item.setToolTip(column, tip_words(f"{setting.name}\n{setting.help}"))
    return item
