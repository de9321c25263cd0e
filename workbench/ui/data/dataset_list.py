"""The project's datasets: what each holds, how many rows, how they are split."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from workbench.domain.pairs import DatasetKind
from workbench.domain.records import DatasetRecord
from workbench.ui.widgets.controls import counted, tip_words
from workbench.ui.widgets.name_editor import NAME, NameDelegate

_KINDS = {
    DatasetKind.PREFERENCE: "pair",
    DatasetKind.THUMBS: "thumb",
    DatasetKind.DEMONSTRATION: "demonstration",
    DatasetKind.PROMPTS: "prompt",
}


class DatasetList(QListWidget):
    """Lists datasets; one is chosen.

    Signals:
        chosen: the DatasetRecord that the person went to.
        renamed: the name of a dataset, and the one that was typed over it.
    """

    chosen = Signal(object)
    renamed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Datasets")
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._records: dict[str, DatasetRecord] = {}
        self._names = NameDelegate(self)
        self._names.renamed.connect(lambda index, name: self.renamed.emit(index.data(NAME), name))
        self.setItemDelegate(self._names)
        self.setEditTriggers(QListWidget.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.currentItemChanged.connect(self._on_current)

    def show_datasets(self, records: Sequence[DatasetRecord], wanted: str) -> None:
        """Lists these, and goes to the one of this name, or to the first."""
        blocker = QSignalBlocker(self)
        self.clear()
        self._records = {record.name: record for record in records}
        for record in records:
            item = QListWidgetItem(f"{record.name}\n{dataset_words(record)}")
            item.setData(NAME, record.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(tip_words(f"Imported from {record.source}"))
            self.addItem(item)
        del blocker
        names = list(self._records)
        self.setCurrentRow(names.index(wanted) if wanted in names else 0 if names else -1)

    def current(self) -> DatasetRecord | None:
        """Returns the dataset under the cursor."""
        item = self.currentItem()
        return None if item is None else self._records[item.data(NAME)]

    def begin_rename(self) -> None:
        """Lets the person type another name over the current one."""
        if (item := self.currentItem()) is not None:
            self.editItem(item)

    def select(self, name: str) -> None:
        """Goes to a dataset."""
        if name in self._records:
            self.setCurrentRow(list(self._records).index(name))

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(self._records[item.data(NAME)])


def dataset_words(record: DatasetRecord) -> str:
    """Returns what a dataset holds, in a line or two."""
    return f"{count_words(record)}\n{splits_words(record)}"


def count_words(record: DatasetRecord) -> str:
    """Returns how many rows of what kind there are."""
    return counted(record.n_rows, _KINDS[record.kind])


def splits_words(record: DatasetRecord) -> str:
    """Returns how many rows each split has."""
    return ", ".join(f"{n:,} {split}" for split, n in record.splits.counts.items() if n)
