"""The report's account of the judges: what each of them says of the arms, and how far it can be trusted."""

from workbench.compare.comparison import Comparison
from workbench.compare.judges import JudgeFigures, compare_judges
from workbench.export.document import Part, Value, Words, bullets, table
from workbench.export.report_tables import NONE, percent
from workbench.storage.project import Project

_HABITS = ("alike when swapped", "for the first", "not understood", "judged")
_CAPTION = (
    "Share of prompts that an arm wins against its start model, ties half, by each judge; the first is the experiment's gold "
    "judge, the proxy is the reward model that PPO is trained to please."
)
_OF_PAIRS = (
    " Of a language model that compares pairs: the share of pairs judged alike when their order is swapped, of one-sided "
    "replies for the answer that stood first (50\N{NO-BREAK SPACE}% without a bias), and of replies that were neither A, B nor "
    "tie and are left out."
)


def judges(comparison: Comparison, project: Project) -> tuple[Part | None, ...]:
    """Returns a line for each judge; nothing where the gold judge is the only one."""
    runs = [run for arm in comparison.arms for run in arm.runs]
    if not runs:
        return ()
    found = compare_judges(project, runs, experiment=comparison.experiment)
    if len(found.judges) < 2 and found.people is None:
        return ()
    # The same arms in the same order; of fewer arms some names need less to tell them apart.
    names = [arm.name for arm in comparison.arms if arm.method != "reference"]
    has_habits = any(one.n_asked for one in found.judges)
    rows = [[*_rates(one, found.arms), *(_habits(one) if has_habits else ())] for one in found.judges]
    caption = f"{_CAPTION}{_OF_PAIRS if has_habits else ''} 95\N{NO-BREAK SPACE}% intervals; of people over prompts."
    people = bullets(found.people.lines) if found.people is not None else None
    return table(("judge", *names, *(_HABITS if has_habits else ())), rows), Words(caption, "caption"), people


def _rates(one: JudgeFigures, arms: tuple[str, ...]) -> list[Value]:
    return [one.judge, *(percent(one.rates.get(arm)) for arm in arms)]


def _habits(one: JudgeFigures) -> list[Value]:
    shares = (one.swap_consistency, one.first_position, one.unparsed)
    told: list[Value] = [NONE if share is None else f"{100 * share:.0f} %" for share in shares]
    return [*told, f"{one.n_asked:,}" if one.n_asked else NONE]
