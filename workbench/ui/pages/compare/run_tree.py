"""The arms that are compared, each with its colour and its seeds; ticks say which are shown."""

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench.compare import ComparedArm
from workbench.domain.experiments import shown_name
from workbench.ui.theme import Scheme
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_TALLEST = 260
_MARKS_WIDTH = 62  # pixels of the arrow, the tick and the colour before a name
_NAME, _METHOD = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


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
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names often differ at their ends only
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.header().sectionResized.connect(self._on_section_resized)
        self._words = ""
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for words, work in (("Show only this", self.show_only), ("Show those found", self.show_found),
                            ("Show all", self.show_all)):  # fmt: skip
            action = QAction(words, self)
            action.triggered.connect(lambda _checked=False, work=work: work())
            self.addAction(action)
        self.itemChanged.connect(self._on_changed)
        self.itemExpanded.connect(lambda _item: self._fit())
        self.itemCollapsed.connect(lambda _item: self._fit())

    def show_arms(self, arms: Sequence[ComparedArm], hidden: Collection[str], scheme: Scheme) -> None:
        """Lists the arms; those that are hidden are not ticked."""
        opened, current = self._opened(), self.currentItem()
        at = current.data(0, _NAME) if current is not None else None
        self.blockSignals(True)
        self.clear()
        for arm in arms:
            item = QTreeWidgetItem([self._in_lines(shown_name(arm.name), self.columnWidth(0)), str(len(arm.seeds))])
            item.setData(0, _NAME, arm.name)
            item.setData(0, _METHOD, arm.method)
            item.setIcon(0, swatch(scheme.runs.colour(arm.index)))
            item.setToolTip(0, tip_words(f"{shown_name(arm.name)}: {shown_name(arm.method)}. Space shows or hides it."))
            item.setCheckState(0, Qt.CheckState.Unchecked if arm.name in hidden else Qt.CheckState.Checked)
            for seed, run in zip(arm.seeds, arm.runs or arm.evaluations, strict=False):
                child = QTreeWidgetItem([f"seed {seed}"])
                child.setToolTip(0, tip_words(run))
                item.addChild(child)
            self.addTopLevelItem(item)
            item.setExpanded(arm.name in opened)
            if arm.name == at:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self.filter_by(self._words)

    def filter_by(self, words: str) -> None:
        """Lists only the arms whose name, method or seeds hold all of these words; none is hidden from the charts."""
        self._words = words
        for item in self._items():
            seeds = " ".join(item.child(at).text(0) for at in range(item.childCount()))
            text = f"{item.text(0)} {item.data(0, _NAME)} {item.data(0, _METHOD)} {seeds}".casefold()
            item.setHidden(not all(word in text for word in words.casefold().split()))
        self._fit()

    def show_only(self) -> None:
        """Ticks the arm at the cursor alone."""
        current = self.currentItem()
        if current is not None:
            arm = current.parent() or current
            self._tick(lambda item: item is arm)

    def show_found(self) -> None:
        """Ticks the arms that the filter lists, and no others."""
        self._tick(lambda item: not item.isHidden())

    def show_all(self) -> None:
        """Ticks every arm."""
        self._tick(lambda _item: True)

    def _tick(self, is_wanted: Callable[[QTreeWidgetItem], bool]) -> None:
        self.blockSignals(True)
        for item in self._items():
            item.setCheckState(0, Qt.CheckState.Checked if is_wanted(item) else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        self.viewport().update()
        self.shown_changed.emit()

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.topLevelItem(row) for row in range(self.topLevelItemCount())]

    def _opened(self) -> set[str]:
        return {item.data(0, _NAME) for item in self._items() if item.isExpanded()}

    def hidden(self) -> set[str]:
        """Returns the names of the arms that are not ticked."""
        return {item.data(0, _NAME) for item in self._items() if item.checkState(0) != Qt.CheckState.Checked}

    def _on_section_resized(self, section: int, _before: int, now: int) -> None:
        if section == 0:
            self._break_names(now)

    def _break_names(self, width: int) -> None:
        self.blockSignals(True)
        for item in self._items():
            item.setText(0, self._in_lines(shown_name(item.data(0, _NAME)), width))
        self.blockSignals(False)
        self._fit()

    def _fit(self) -> None:
        """Takes the height of what is listed, up to a limit beyond which it scrolls."""
        found = [item for item in self._items() if not item.isHidden()]
        rows = [part for item in found for part in (item, *(_children(item) if item.isExpanded() else ()))]
        height = sum(max(20, self.sizeHintForIndex(self.indexFromItem(row)).height()) for row in rows)
        self.setFixedHeight(min(_TALLEST, self.header().sizeHint().height() + height + 6))

    def _in_lines(self, name: str, width: int) -> str:
        """Puts the experiment that a long name ends with on a line of its own, where it can be read in full."""
        arm, opens, experiment = name.partition(" (")
        fits = self.fontMetrics().horizontalAdvance(name) <= width - _MARKS_WIDTH
        return name if fits else f"{arm}\n({experiment}" if opens else name

    def _on_changed(self, item: QTreeWidgetItem, _column: int) -> None:
        if item.parent() is None:
            self.shown_changed.emit()


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [item.child(at) for at in range(item.childCount())]
