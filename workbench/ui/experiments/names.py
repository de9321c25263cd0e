"""The names in a form: what is at hand for each, and below it what it leads to."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from workbench import api
from workbench.domain.costs import parameters
from workbench.domain.endpoints import LLM_PREFIX
from workbench.domain.pairs import DatasetKind
from workbench.domain.recipes import MODEL
from workbench.domain.recipes.rewards import read_term
from workbench.domain.records import DatasetRecord
from workbench.ui.experiments.field import SettingField
from workbench.ui.experiments.pickers import JudgesPicker, NamePicker, Offer
from workbench.ui.session import Session

_LOOK_MS = 250  # after the last key
_LEARNABLE = {DatasetKind.DEMONSTRATION, DatasetKind.PREFERENCE, DatasetKind.THUMBS}


class NameFields(NamedTuple):
    """The fields of a form that hold names."""

    name: SettingField
    model: SettingField
    reward_model: SettingField
    dataset: SettingField
    test_prompts: SettingField
    demonstrations: SettingField
    judges: SettingField


class FormNames(QObject):
    """Offers models, datasets and judges, and says at once whether a name leads to something that can be used.

    Args:
        session: whose project is looked at.
        fields: the fields that hold names.
        rewards: returns the fields that hold the terms of a reward; arms come and go.
        parent: ends with it.

    Signals:
        rewards_found: what may be a term of a reward, as a list of `Offer`.
    """

    rewards_found = Signal(object)

    def __init__(
        self, session: Session, fields: NameFields, rewards: Callable[[], Sequence[SettingField]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._fields = fields
        self._rewards = rewards
        self._measures: dict[str, str] = {}
        self._problems: dict[str, str] = {}  # of judges that were looked at
        self._from_scratch = False
        self._timer = QTimer(self, singleShot=True, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look_further)

    def refresh(self) -> None:
        """Finds out what is at hand now."""
        project = self._session.project
        if project is None:
            return
        self._session.ask("models", lambda: api.list_models(project), self._offer_models)
        self._session.ask("judges", lambda: api.list_judges(project), self._offer_judges)
        self.look()

    def look(self, *, from_scratch: bool | None = None) -> None:
        """Says below each name what it leads to.

        Args:
            from_scratch: the base model needs no weights; None is as the last time.
        """
        self._from_scratch = self._from_scratch if from_scratch is None else from_scratch
        fields, records = self._fields, {record.name: record for record in self._records()}
        fields.name.tell(self._named())
        for field, kinds, purpose in (
            (fields.dataset, {DatasetKind.PREFERENCE}, "comparisons"),
            (fields.test_prompts, set(DatasetKind), "prompts"),
            (fields.demonstrations, _LEARNABLE, "responses"),
        ):
            _offer_datasets(field, list(records.values()), kinds)
            _tell_dataset(field, records, kinds, purpose)
        self._tell_judges()
        self._timer.start()

    def _named(self) -> str:
        taken = self._session.view.experiments if self._session.view else []
        name = next(iter(self._fields.name.values()), "")
        return (
            "The project has an experiment of this name; a launch takes its place, its runs stay."
            if name in taken
            else ""
        )

    def _records(self) -> Sequence[DatasetRecord]:
        return self._session.view.datasets if self._session.view else ()

    def _tell_judges(self) -> None:
        judges = self._fields.judges
        names = [str(name) for name in (judges.values() or [judges.setting.default])[0]]
        self._tell_scorers(judges, names, self._judged(names))
        for field in self._rewards():
            self._tell_scorers(field, _sources(field), "")

    def _tell_scorers(self, field: SettingField, names: Iterable[str], else_told: str) -> None:
        problem = next((self._problems[name] for name in names if self._problems.get(name)), "")
        field.tell(problem or else_told, "bad" if problem else "plain")

    def _judged(self, names: Sequence[str]) -> str:
        told = [f"{name}: {self._measures[name]}" for name in names if name in self._measures]
        return (
            f"Gold: {told[0]}. {'; '.join(told[1:])}".strip()
            if told and names[0] in self._measures
            else "; ".join(told)
        )

    def _offer_models(self, models: list[api.ModelAtHand]) -> None:
        offers = [Offer(model.name, _about(model)) for model in models]
        for field in (self._fields.model, self._fields.reward_model):
            assert isinstance(field.editor, NamePicker)
            field.editor.offer(offers)

    def _offer_judges(self, judges: list[api.JudgeAtHand]) -> None:
        self._measures = {judge.name: judge.measures for judge in judges}
        assert isinstance(self._fields.judges.editor, JudgesPicker)
        offers = [Offer(judge.name, judge.measures) for judge in judges]
        self._fields.judges.editor.offer(offers)
        scoring = [offer for offer in offers if not offer.name.startswith(LLM_PREFIX)]
        self.rewards_found.emit([Offer(MODEL, "the reward model that the experiment trains"), *scoring])
        self.look()

    def _look_further(self) -> None:
        self._look_at_judges()
        self._look_at(self._fields.model, needs_weights=not self._from_scratch)
        self._look_at(self._fields.reward_model, needs_weights=True)

    def _look_at_judges(self) -> None:
        project = self._session.project
        judged = [str(name) for names in self._fields.judges.values() for name in names]
        names = {*judged, *(name for field in self._rewards() for name in _sources(field))}
        if project is not None and names:
            work = lambda: {name: api.check_judge(project, name) for name in names}  # noqa: E731
            self._session.ask("look at judges", work, self._on_judges_looked_at)

    def _on_judges_looked_at(self, problems: dict[str, str]) -> None:
        self._problems = problems
        self._tell_judges()

    def _look_at(self, field: SettingField, *, needs_weights: bool) -> None:
        project, values = self._session.project, field.values()
        if project is None or not values:
            field.tell("")
            return
        name = str(values[0])
        work = lambda: api.check_model(project, name, needs_weights=needs_weights)  # noqa: E731
        self._session.ask(f"look at {field.setting.group} model", work, lambda found: _tell_model(field, found))


def _sources(field: SettingField) -> list[str]:
    """Returns what scores in a reward, without weights; nothing where a term cannot be read, which the field says."""
    if field.problem():
        return []
    terms = (read_term(str(text)) for texts in field.values() for text in texts)
    return [term.source for term in terms if term.source != MODEL]


def _tell_model(field: SettingField, found: api.ModelAtHand) -> None:
    field.tell(found.problem or _about(found), "bad" if found.problem else "plain")


def _about(model: api.ModelAtHand) -> str:
    if model.problem:
        return f"cannot be used: {model.problem}"
    size = f"{parameters(model.n_parameters)} parameters" if model.n_parameters else ""
    places = {
        "project": "in the project",
        "registered": "registered in the project",
        "used before": "used by an experiment of the project",
        "run": "made by a run",
        "hub cache": "from the hub, on this computer",
        "folder": "a folder that can be read",
        "hub": "no folder; looked for on the hub, which needs the internet",
    }
    return ", ".join(part for part in (size, places[model.where]) if part)


def _offer_datasets(field: SettingField, records: Sequence[DatasetRecord], kinds: Collection[DatasetKind]) -> None:
    assert isinstance(field.editor, NamePicker)
    field.editor.offer([Offer(record.name, _counts(record)) for record in records if record.kind in kinds])


def _tell_dataset(
    field: SettingField, records: dict[str, DatasetRecord], kinds: Collection[DatasetKind], purpose: str
) -> None:
    if not field.values():
        lacks = field.setting.required and not any(record.kind in kinds for record in records.values())
        field.tell(f"The project holds no {purpose} yet: import some on the Data page." if lacks else "")
        return
    record = records.get(str(field.values()[0]))
    if record is None:
        field.tell("The project has no dataset of this name.", "bad")
    elif record.kind not in kinds:
        field.tell(f"It holds {record.kind} rows; {purpose} are needed here.", "bad")
    else:
        field.tell(_counts(record))


def _counts(record: DatasetRecord) -> str:
    if record.kind is DatasetKind.PROMPTS:
        return f"{record.n_prompts:,} prompts"
    splits = ", ".join(f"{n:,} {split}" for split, n in record.splits.counts.items() if n)
    return f"{record.kind}: {splits}"
