"""The remarkable events of a run, one a line: starts, checkpoints, warnings, ends."""

import time

from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from workbench.ui.runs.story import Remark, RunStory, remark_words
from workbench.ui.widgets.controls import tip_words


class EventsTab(QTreeWidget):
    """Lists them in the order in which they were said; a story that grows adds its new ones."""

    def __init__(self) -> None:
        super().__init__()
        self._story: RunStory | None = None
        self.setAccessibleName("Events")
        self.setColumnCount(3)
        self.setHeaderLabels(["time", "what", "in words"])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def show_story(self, story: RunStory) -> None:
        """Shows what the run said; called again whenever it said more."""
        if story is not self._story or len(story.remarks) < self.topLevelItemCount():
            self.clear()
            self._story = story
        new = story.remarks[self.topLevelItemCount() :]
        self.addTopLevelItems([_item(remark) for remark in new])


def _item(remark: Remark) -> QTreeWidgetItem:
    kind, words = remark_words(remark)
    item = QTreeWidgetItem([time.strftime("%H:%M:%S", time.localtime(remark.at)), kind, words])
    item.setToolTip(0, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(remark.at)))
    item.setToolTip(2, tip_words(words))
    return item
