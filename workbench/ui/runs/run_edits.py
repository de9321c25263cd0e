"""What a person does to the list of runs and can take back: delete, duplicate, rename, tag."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from workbench import api
from workbench.domain.methods import TRAINING
from workbench.ui.runs.run_actions import TO_GO_ON, make_action
from workbench.ui.runs.run_tree import Line, RunTree
from workbench.ui.runs.words_box import Question, WordsBox
from workbench.ui.session import Session

_ALONG, _ALL_ALONG = ", its evaluation included", ", their evaluations included"
_LIKELY = ("1", "2", "4", "8")  # processes


class RunEdits(QObject):
    """The actions on the selected lines; each goes through the session's history.

    Signals:
        copied: the id of a run that was made by duplicating another.
    """

    copied = Signal(str)

    def __init__(self, session: Session, tree: RunTree) -> None:
        super().__init__(tree)
        self._session = session
        self._tree = tree
        self.duplicate = make_action(
            self, "Duplicate", "Ctrl+D", "Queues it once more under the next seed, evaluation included"
        )
        self.change = make_action(
            self, "Duplicate with…", "Ctrl+Shift+D", "Queues it once more with other settings, or a seed of your choice"
        )
        self.resume = make_action(
            self, "Resume with…", "Ctrl+Alt+R", "Goes on with another number of processes, where a GPU came or went"
        )
        self.rename = make_action(self, "Rename", "F2", "Another name, in all seeds and in comparisons", only_here=True)
        self.tag = make_action(self, "Tags…", "Ctrl+T", "Words by which runs are found again")
        self.delete = make_action(
            self, "Delete", "Del", "Moves it to the project's trash, its evaluation included", only_here=True
        )
        self.box = WordsBox(tree)
        self._connect()
        self.offer()

    def all(self) -> list[QAction]:
        """Returns them in the order in which they are shown."""
        return [self.duplicate, self.change, self.resume, self.rename, self.tag, self.delete]

    def offer(self) -> None:
        """Enables what has a sense for the selected lines."""
        lines, runs = self._tree.chosen_lines(), self._tree.chosen_runs()
        for copying in (self.duplicate, self.change):
            # A copy of a training run brings its evaluation along.
            copying.setEnabled(len(lines) == 1 and bool(lines[0].run_id) and runs[0].method in TRAINING)
        self.resume.setEnabled(bool(runs) and all(_can_be_shared(run) for run in runs))
        self.rename.setEnabled(len(lines) == 1 and bool(lines[0].experiment))
        self.tag.setEnabled(bool(lines) and all(line.run_id or line.experiment for line in lines))
        self.delete.setEnabled(bool(runs))

    def rename_line(self, line: Line, old: str, new: str) -> None:
        """Gives a run's arm, or an experiment, another name."""
        project, experiment = self._session.project, line.experiment
        if project is None:
            return
        if not line.run_id:
            self._do(
                f"Rename {old} to {new}",
                lambda: api.rename_experiment(project, old, new),
                lambda stored: api.rename_experiment(project, stored, old),
            )
            return
        self._do(
            f"Rename {old} to {new}",
            lambda: api.rename_run(project, experiment, line.run_id, new),
            lambda was: api.rename_run(project, experiment, line.run_id, was),
        )

    def _delete(self) -> None:
        project, lines = self._session.project, self._tree.chosen_lines()
        ids = [run.id for run in self._tree.chosen_runs()]
        if project is None or not ids:
            return
        if len(lines) == 1 and not lines[0].run_id and lines[0].experiment:
            name = lines[0].experiment
            words, work = f"Delete experiment {name}", lambda: api.delete_experiment(project, name)
        else:
            what = self._tree.title_of(lines[0]) if len(ids) == 1 else f"{len(ids)} runs"
            trains = any(run.method in TRAINING for run in self._tree.chosen_runs())
            along = (_ALONG if len(ids) == 1 else _ALL_ALONG) if trains else ""
            words = f"Delete {what}{along}"
            work = lambda: api.delete_runs(project, ids)  # noqa: E731
        self._do(words, work, lambda deletion: api.restore(project, deletion))

    def _duplicate(self, words: Sequence[str] = ()) -> None:
        project, lines = self._session.project, self._tree.chosen_lines()
        if project is None or len(lines) != 1:
            return
        run_id = lines[0].run_id

        def work() -> api.CopiedRun:
            return api.duplicate_run(project, run_id, settings=api.read_changes(words))

        self._do(
            f"Duplicate {self._tree.title_of(lines[0])}",
            work,
            lambda copy: api.delete_runs(project, copy.new) if copy.new else None,
            lambda copy: self.copied.emit(copy.id),
        )

    def _ask_for_settings(self) -> None:
        project, run = self._session.project, self._tree.chosen_runs()[0]
        if project is not None:
            self._session.ask("run-copy", lambda: api.run_recipe(project, run.id), self._offer_settings)

    def _offer_settings(self, recipe: Sequence[api.StoredSetting]) -> None:
        lines = self._tree.chosen_lines()
        if len(lines) == 1:
            own_first = sorted(reversed(recipe), key=lambda one: not one.is_changed)  # a method's own come last
            likely = [_assigned(one) for one in own_first if (one.is_changed or not one.advanced) and one.value != ()]
            title = f"Duplicate {self._tree.title_of(lines[0])} with"
            question = Question(title, (), likely, "As: beta=0.3, learning_rate=3e-5, seed=7")
            self.box.ask(question, self._tree.end_of(lines[0]), self._duplicate)

    def _ask_for_processes(self) -> None:
        lines, runs = self._tree.chosen_lines(), self._tree.chosen_runs()
        what = self._tree.title_of(lines[0]) if len(runs) == 1 else f"{len(runs)} runs"
        ids, now = [run.id for run in runs], {str(run.processes) for run in runs}
        likely = [number for number in _LIKELY if {number} != now]
        question = Question(f"Resume {what} with so many processes", (), likely, f"As: 2; now {', '.join(sorted(now))}")
        self.box.ask(question, self._tree.end_of(lines[-1]), lambda words: self._resume(what, ids, words))

    def _resume(self, what: str, ids: Sequence[str], words: Sequence[str]) -> None:
        project, number = self._session.project, ", ".join(words)
        if project is not None and number:
            self._do(
                f"Resume {what} with {number} processes",
                lambda: api.resume_runs(project, ids, number),
                lambda before: api.take_back_asked(project, before),
                lambda _before: self._session.look(),
            )

    def _ask_for_tags(self) -> None:
        runs, lines = self._tree.chosen_runs(), self._tree.chosen_lines()
        experiments = [line.experiment for line in lines if not line.run_id]
        alone = bool(experiments) and len(experiments) == len(lines)
        had = self._tree.tags_of(experiments) if alone else [run.tags for run in runs]
        shared = [tag for tag in had[0] if all(tag in tags for tags in had)]
        names = experiments if alone else [run.id for run in runs]
        what = self._tree.title_of(lines[0])
        title = f"Tags of {what}" if len(lines) == 1 else f"Tags that {len(names)} have in common"
        question = Question(title, shared, self._tree.all_tags(), "As: keep, baseline")
        self.box.ask(question, self._tree.end_of(lines[-1]), lambda tags: self._change(alone, names, shared, tags))

    def _change(self, experiments: bool, names: Sequence[str], shared: Sequence[str], wanted: Sequence[str]) -> None:
        project = self._session.project
        add = [tag for tag in wanted if tag not in shared]
        remove = [tag for tag in shared if tag not in wanted]
        if project is None or not (add or remove):
            return
        what: Literal["runs", "experiments"] = "experiments" if experiments else "runs"
        words = " and ".join([*(f"Tag as {tag}" for tag in add), *(f"Untag {tag}" for tag in remove)])
        self._do(
            words,
            lambda: api.change_tags(project, what, names, add=add, remove=remove),
            lambda changes: api.undo_tags(project, what, changes),
        )

    def _do(
        self,
        words: str,
        work: Callable[[], Any],
        undo: Callable[[Any], Any],
        on_done: Callable[[Any], None] | None = None,
    ) -> None:
        self._session.history.do(words, work, undo, on_done)

    def _connect(self) -> None:
        self.duplicate.triggered.connect(lambda _checked=False: self._duplicate())
        self.change.triggered.connect(lambda _checked=False: self._ask_for_settings())
        self.resume.triggered.connect(lambda _checked=False: self._ask_for_processes())
        self.rename.triggered.connect(lambda _checked=False: self._tree.begin_rename())
        self.tag.triggered.connect(lambda _checked=False: self._ask_for_tags())
        self.delete.triggered.connect(lambda _checked=False: self._delete())
        self._tree.renamed.connect(self.rename_line)


def _can_be_shared(run: api.RunView) -> bool:
    return run.state in TO_GO_ON and run.method in TRAINING


def _assigned(setting: api.StoredSetting) -> str:
    value = setting.value
    shown = "none" if value is None else f"{value:g}" if isinstance(value, float) else value
    return f"{setting.name}={shown}"
