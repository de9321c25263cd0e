"""Names that are edited where they stand, in a list or a tree."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

NAME = Qt.ItemDataRole.UserRole + 2  # of a cell: the name alone, which may be a part of what is shown
Index = QModelIndex | QPersistentModelIndex


class NameDelegate(QStyledItemDelegate):
    """Lets a person type another name; the list itself changes when the project has.

    Signals:
        renamed: the cell's index, and the name that was typed.
    """

    renamed = Signal(object, str)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(str(index.data(NAME) or ""), parent)
        editor.setAccessibleName("New name")
        editor.setFrame(False)
        editor.setStyleSheet("QLineEdit { padding: 0 3px; border-radius: 3px; }")  # the line is no higher than its text
        editor.selectAll()
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Gives the editor one line, where the cell may have several."""
        box = option.rect
        box.setHeight(min(box.height(), editor.sizeHint().height()))
        editor.setGeometry(box)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Keeps what was typed when the list is refreshed meanwhile."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        name = editor.text().strip()
        if name and name != index.data(NAME):
            self.renamed.emit(index, name)
