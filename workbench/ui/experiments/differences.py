"""Two experiments side by side: only what differs."""

from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from workbench import api
from workbench.domain.drafts import ExperimentDraft
from workbench.domain.errors import BadSetting, WorkbenchError
from workbench.domain.experiments import Experiment
from workbench.ui.experiments.editors import CalmComboBox
from workbench.ui.experiments.keeping import Form
from workbench.ui.session import Session
from workbench.ui.widgets import Card, label, set_tone
from workbench.ui.widgets.controls import tip_words

_THE_FORM = "(this form)"


class DifferencesCard(Card):
    """Shows in which settings two experiments of the project, or the form and one of them, differ.

    Args:
        session: whose project.
        form: what stands for "(this form)".
    """

    def __init__(self, session: Session, form: Form) -> None:
        super().__init__("Differences")
        self._session = session
        self._form = form
        self.left, self.right = CalmComboBox(), CalmComboBox()
        self.said = label("", "muted", wraps=True)
        self.lines = QTreeWidget()
        self._build()
        for box in (self.left, self.right):
            box.currentTextChanged.connect(lambda _text: self.refresh())

    def offer(self) -> None:
        """Offers what there is to compare now; what is chosen stays chosen."""
        project, view = self._session.project, self._session.view
        names = [*(view.experiments if view else []), *(api.draft_names(project) if project else [])]
        for box, first in ((self.left, [_THE_FORM]), (self.right, [])):
            chosen = box.currentText()
            offered = list(dict.fromkeys([*first, *names]))
            box.blockSignals(True)
            box.clear()
            box.addItems(offered)
            box.setCurrentText(chosen if chosen in offered else box.itemText(0))
            box.blockSignals(False)
        self.refresh()

    def refresh(self) -> None:
        """Compares what is chosen."""
        project, left, right = self._session.project, self.left.currentText(), self.right.currentText()
        if project is None or self.isHidden():
            return
        if not right:
            self._say("The project has no experiment or draft to compare with yet.", "plain")
            return
        draft = self._form.draft()
        self._session.ask(
            "differences", lambda: _compare(project, draft, left, right), self._show, on_error=self._on_error
        )

    def _show(self, found: list[api.Difference]) -> None:
        self.lines.clear()
        self.lines.setHeaderLabels(["setting", self.left.currentText(), self.right.currentText()])
        places: dict[str, QTreeWidgetItem] = {}
        for line in found:
            if line.place not in places:
                places[line.place] = QTreeWidgetItem([line.place])
                self.lines.addTopLevelItem(places[line.place])
            unit = f" ({line.unit})" if line.unit else ""
            item = QTreeWidgetItem([f"{line.label}{unit}", line.left, line.right])
            for column, words in enumerate((line.name, line.left, line.right)):
                item.setToolTip(column, tip_words(words))
            places[line.place].addChild(item)
        self.lines.expandAll()
        n = len(found)
        self._say("They are the same." if not n else f"{n} setting{'s' if n > 1 else ''} differ{'' if n > 1 else 's'}.")

    def _on_error(self, error: Exception) -> None:
        self.lines.clear()
        if isinstance(error, WorkbenchError):
            said = error.by_label(Experiment.labels()) if isinstance(error, BadSetting) else str(error)
            self._say(said, "warn")
        else:
            self._session.report("The experiments were not compared", error)

    def _say(self, sentence: str, tone: str = "plain") -> None:
        self.said.setText(sentence)
        set_tone(self.said, tone)

    def _build(self) -> None:
        self.left.setAccessibleName("One experiment")
        self.right.setAccessibleName("The other experiment")
        self.lines.setAccessibleName("Settings that differ")
        self.lines.setHeaderLabels(["setting", "", ""])
        self.lines.setRootIsDecorated(False)
        for column in range(3):
            self.lines.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.lines.header().setStretchLastSection(False)
        row = QWidget()
        inside = QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.left, 1)
        inside.addWidget(label("and", "muted"))
        inside.addWidget(self.right, 1)
        for widget in (row, self.said):
            self.body.addWidget(widget)
        self.body.addWidget(self.lines, 1)


def _compare(project: api.Project, draft: ExperimentDraft, left: str, right: str) -> list[api.Difference]:
    ours = Experiment.parse(draft.raw(), where="This form") if left == _THE_FORM else api.find_experiment(project, left)
    return api.diff_experiments(ours, api.find_experiment(project, right))
