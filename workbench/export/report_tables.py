"""The report's tables of figures."""

from collections.abc import Sequence

from workbench.compare.comparison import Comparison
from workbench.compare.results import ArmResult, Figures
from workbench.compare.side_by_side import Answer
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.export.document import Cell, Part, Value, Words, table

NONE = "–"
_HEAD = ("arm", "method", "seeds", "step", "gold", "proxy", "KL (nats)", "win rate", "tokens a response")


def results(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the table of all arms at their last checkpoint."""
    judges = comparison.further_judges
    rows = [_line(arm, arm.last, judges) for arm in comparison.arms]
    caption = (
        f"Each arm at its last evaluated checkpoint. Gold is {comparison.judge}; the win rate is against {comparison.rival} on "
        f"the same prompts, ties half. {comparison.interval}."
    )
    return table((*_HEAD, *(f"by {judge}" for judge in judges)), rows), Words(caption, "caption")


def best(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the same table at the checkpoints that were chosen as best; nothing where those are the last ones."""
    if all(arm.best.steps == arm.last.steps for arm in comparison.arms):
        return ()
    caption = f"{comparison.selection} The verdict rests on the last checkpoints, where nothing was chosen."
    return table(_HEAD, [_line(arm, arm.best) for arm in comparison.arms]), Words(caption, "caption")


def _line(arm: ArmResult, figures: Figures, judges: Sequence[str] = ()) -> list[Value]:
    seeds, steps = (", ".join(map(str, dict.fromkeys(values))) for values in (arm.seeds, figures.steps))
    return [
        shown_name(arm.name),
        shown_name(arm.method),
        seeds,
        steps,
        figure(figures.gold),
        figure(figures.proxy),
        figure(figures.kl),
        NONE if arm.method == "reference" else percent(figures.win_rate),
        figure(figures.length, 1),
        *(figure(figures.scores[judge]) for judge in judges),
    ]


def head_to_head(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns how often each row beats each column; nothing with fewer than two arms."""
    names = [arm.name for arm in comparison.arms]
    if not comparison.wins:
        return ()
    rows: list[list[Value]] = [
        [shown_name(row), *(_cell(comparison, row, column) for column in names)] for row in names
    ]
    missing = sum(cell.missing for cell in comparison.wins)
    left_out = f" {missing} comparisons without a response or a score on one side are left out." if missing else ""
    caption = (
        f"How often the row's response scores above the column's on the same prompt, by {comparison.judge}; ties half. Bold "
        f"where the interval leaves out 50\N{NO-BREAK SPACE}%.{left_out} {comparison.interval}."
    )
    return table(["row beats column", *map(shown_name, names)], rows), Words(caption, "caption")


def _cell(comparison: Comparison, row: str, column: str) -> Value:
    cell = comparison.cell(row, column)
    if cell is None:
        return NONE
    return percent(cell.rate, strong=cell.rate.excludes(0.5))


def scores(answer: Answer) -> str:
    """Says an answer's scores in words."""
    parts = [
        signed(f"{name} {value:+.2f}")
        for name, value in (("gold", answer.gold), ("proxy", answer.proxy))
        if value is not None
    ]
    if answer.n_tokens is not None:
        parts.append(f"{answer.n_tokens} tokens{', cut' if answer.was_cut else ''}")
    return " · ".join(parts)


def figure(value: Estimate | None, digits: int = 2) -> Value:
    """Returns a figure with its interval; a dash where it was not measured."""
    if value is None:
        return NONE
    return _with_interval(*(f"{number:.{digits}f}" for number in (value.mean, value.low, value.high)))


def percent(value: Estimate | None, *, strong: bool = False) -> Value:
    """Returns a share in percent with its interval; a dash where it was not measured."""
    if value is None:
        return NONE
    mean, low, high = (f"{100 * number:.1f}" for number in (value.mean, value.low, value.high))
    return _with_interval(f"{mean} %", low, high, strong=strong)


def _with_interval(mean: str, low: str, high: str, *, strong: bool = False) -> Cell:
    return Cell(signed(mean), signed(f"{low} to {high}"), strong)


def signed(number: str) -> str:
    """Returns a number with a minus that is as wide as a digit."""
    return number.replace("-", "\N{MINUS SIGN}")
