"""The arms that are compared, each with its colour and its seeds; ticks say which are shown."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench.compare import Comparison
from workbench.ui.theme import Scheme
from workbench.ui.widgets.swatch import swatch

_TALLEST = 260
_NAME = Qt.ItemDataRole.UserRole


class RunTree(QTreeWidget):
    """Lists arms with their seeds below them.

    Signals:
        shown_changed: the person ticked or unticked an arm.
    """

    shown_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Compared runs")
        self.setColumnCount(2)
        self.setHeaderLabels(["run", "seeds"])
        self.setRootIsDecorated(True)
        self.setIndentation(14)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.itemChanged.connect(self._on_changed)
        self.itemExpanded.connect(lambda _item: self._fit())
        self.itemCollapsed.connect(lambda _item: self._fit())

    def show_arms(self, comparison: Comparison, scheme: Scheme) -> None:
        """Lists the arms; those that were unticked stay so."""
        hidden = self.hidden()
        self.blockSignals(True)
        self.clear()
        for index, arm in enumerate(comparison.arms):
            item = QTreeWidgetItem([arm.name, str(len(arm.seeds))])
            item.setData(0, _NAME, arm.name)
            item.setIcon(0, swatch(scheme.runs.colour(index)))
            item.setToolTip(0, f"{arm.name}: {arm.method}. Space shows or hides it.")
            item.setCheckState(0, Qt.CheckState.Unchecked if arm.name in hidden else Qt.CheckState.Checked)
            for seed, run in zip(arm.seeds, arm.runs or arm.evaluations, strict=False):
                child = QTreeWidgetItem([f"seed {seed}"])
                child.setToolTip(0, run)
                item.addChild(child)
            self.addTopLevelItem(item)
        self.blockSignals(False)
        self._fit()

    def hidden(self) -> set[str]:
        """Returns the names of the arms that are not ticked."""
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return {item.data(0, _NAME) for item in items if item.checkState(0) != Qt.CheckState.Checked}

    def _fit(self) -> None:
        """Takes the height of what is listed, up to a limit beyond which it scrolls."""
        rows = 0
        for at in range(self.topLevelItemCount()):
            item = self.topLevelItem(at)
            rows += 1 + (item.childCount() if item.isExpanded() else 0)
        row = max(20, self.sizeHintForRow(0))
        self.setFixedHeight(min(_TALLEST, self.header().sizeHint().height() + rows * row + 6))

    def _on_changed(self, item: QTreeWidgetItem, _column: int) -> None:
        if item.parent() is None:
            self.shown_changed.emit()
