"""Whom to ask and who scores: ticks in a tree of checkpoints and in a list of judges."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QTreeWidget, QTreeWidgetItem

from workbench import api
from workbench.domain.playground import AskedJudge
from workbench.ui.theme import Scheme
from workbench.ui.widgets import Card
from workbench.ui.widgets.controls import tip_words
from workbench.ui.widgets.swatch import swatch

_CHOICE = Qt.ItemDataRole.UserRole
_SHOWN = {"last": "last of each run", "best": "best of each run", "all": "all"}
_LISTED = 124  # pixels: four judges


class CheckpointCard(Card):
    """Lists arms with their checkpoints below them; the ticked ones are asked.

    Signals:
        changed: the person ticked or unticked one.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Checkpoints")
        self._offered: Sequence[api.ModelChoice] = ()
        self._ticked: set[str] = set()
        self._scheme: Scheme | None = None
        self.which_box = QComboBox()
        self.which_box.setAccessibleName("Checkpoints that are listed")
        self.which_box.setToolTip("Best: by the gold judge, among those that were evaluated")
        for key, words in _SHOWN.items():
            self.which_box.addItem(words, key)
        self.tree = QTreeWidget(headerHidden=True)
        self.tree.setAccessibleName("Checkpoints to ask")
        self.tree.setIndentation(14)
        self.body.addWidget(self.which_box)
        self.body.addWidget(self.tree, 1)
        self.which_box.activated.connect(lambda _index: self._list())
        self.tree.itemChanged.connect(self._on_ticked)

    def show_models(self, models: Sequence[api.ModelChoice], scheme: Scheme) -> None:
        """Lists these; ticks stay, and the last checkpoint of the first seed of an arm that is new has one."""
        self._follow(models)
        known = {choice.arm for choice in self._offered}
        new = (choice for choice in reversed(models) if choice.is_last and choice.arm not in known)
        self._ticked |= set({choice.arm: choice.model.name for choice in new}.values())
        self._offered, self._scheme = models, scheme
        self._list()

    def dress(self, scheme: Scheme) -> None:
        """Takes the colours of another scheme."""
        self.show_models(self._offered, scheme)

    def chosen(self) -> list[api.ModelChoice]:
        """Returns what is ticked and listed, in the order of the list."""
        return [choice for choice in self._listed() if choice.model.name in self._ticked]

    def _follow(self, models: Sequence[api.ModelChoice]) -> None:
        """Moves the tick of a run's last checkpoint to the one that the run has saved since."""
        if self.which_box.currentData() == "all":
            return
        newest = {_run(choice): choice.model.name for choice in models if choice.is_last}
        for choice in self._offered:
            name = choice.model.name
            if choice.is_last and choice.step is not None and name in self._ticked:
                self._ticked = self._ticked - {name} | {newest.get(_run(choice), name)}

    def _listed(self) -> list[api.ModelChoice]:
        which = self.which_box.currentData()
        evaluated = {_run(choice) for choice in self._offered if choice.is_best}
        return [choice for choice in self._offered if _is_listed(choice, which, _run(choice) in evaluated)]

    def _list(self) -> None:
        if self._scheme is None:
            return
        blocker = QSignalBlocker(self.tree)
        self.tree.clear()
        for arm, choices in groupby(self._listed(), key=lambda choice: choice.arm):
            self._add_arm(arm, list(choices), self._scheme)
        self.tree.expandAll()
        del blocker
        self.changed.emit()

    def _add_arm(self, arm: str, choices: Sequence[api.ModelChoice], scheme: Scheme) -> None:
        top = QTreeWidgetItem([arm])
        top.setIcon(0, swatch(scheme.runs.colour(choices[0].index)))
        top.setFlags(top.flags() | Qt.ItemFlag.ItemIsAutoTristate | Qt.ItemFlag.ItemIsUserCheckable)
        for choice in choices:
            item = QTreeWidgetItem([checkpoint_words(choice, says_last=self.which_box.currentData() != "last")])
            item.setData(0, _CHOICE, choice.model.name)
            item.setToolTip(0, tip_words(choice.model.name))
            is_ticked = choice.model.name in self._ticked
            item.setCheckState(0, Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
            top.addChild(item)
        self.tree.addTopLevelItem(top)

    def _on_ticked(self, item: QTreeWidgetItem, _column: int) -> None:
        name = item.data(0, _CHOICE)
        if name is None:
            return
        (self._ticked.add if item.checkState(0) == Qt.CheckState.Checked else self._ticked.discard)(name)
        self.changed.emit()


class JudgeCard(Card):
    """Lists judges; the ticked ones score."""

    def __init__(self) -> None:
        super().__init__("Judges", "higher is better")
        self._judges: dict[str, api.JudgeChoice] = {}
        self._ticked: dict[str, bool] = {}
        self.list = QListWidget()
        self.list.setAccessibleName("Judges that score")
        self.list.setMaximumHeight(_LISTED)
        self.body.addWidget(self.list)
        self.list.itemChanged.connect(self._on_ticked)

    def show_judges(self, judges: Iterable[api.JudgeChoice]) -> None:
        """Lists these; at first the gold judges, the further ones and one reward model are ticked."""
        self._judges = {choice.judge.name: choice for choice in judges}
        first_proxy = next((name for name, choice in self._judges.items() if choice.role == "proxy"), "")
        blocker = QSignalBlocker(self.list)
        self.list.clear()
        for name, choice in self._judges.items():
            item = QListWidgetItem(judge_words(choice))
            item.setData(_CHOICE, name)
            item.setToolTip(tip_words(name))
            is_ticked = self._ticked.get(name, choice.role != "proxy" or name == first_proxy)
            item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        del blocker

    def chosen(self) -> list[AskedJudge]:
        """Returns the judges that are ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        names = [item.data(_CHOICE) for item in items if item.checkState() == Qt.CheckState.Checked]
        return [self._judges[name].judge for name in names]

    def role(self, name: str) -> str:
        """Returns what a judge is: gold, proxy, or nothing in particular."""
        return self._judges[name].role if name in self._judges else ""

    def _on_ticked(self, item: QListWidgetItem) -> None:
        self._ticked[item.data(_CHOICE)] = item.checkState() == Qt.CheckState.Checked


def checkpoint_words(choice: api.ModelChoice, *, says_last: bool) -> str:
    """Names a checkpoint within its arm, and says whether it is its run's best, or last."""
    if choice.step is None:
        return choice.title
    marks = [word for word, holds in (("last", choice.is_last and says_last), ("best", choice.is_best)) if holds]
    return " · ".join((choice.title, *marks))


def judge_words(choice: api.JudgeChoice) -> str:
    """Names a judge with what it is."""
    return f"{choice.judge.label} ({choice.role})" if choice.role else choice.judge.label


def _run(choice: api.ModelChoice) -> tuple[str, int | None]:
    return choice.arm, choice.seed


def _is_listed(choice: api.ModelChoice, which: str, is_evaluated: bool) -> bool:
    if which == "all" or choice.step is None:
        return True
    return choice.is_best if which == "best" and is_evaluated else choice.is_last
