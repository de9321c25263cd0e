"""The report's tables of figures."""

from collections.abc import Sequence

from workbench.compare.comparison import Comparison
from workbench.compare.results import ArmResult, Figures
from workbench.compare.sampled_results import SampledResult
from workbench.compare.side_by_side import Answer
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD
from workbench.export.document import Cell, Part, Value, Words, table

NONE = "–"
_MOST_ACROSS = 12  # columns of intervals that a page has room for


def _head(comparison: Comparison, *, is_last: bool) -> tuple[str, ...]:
    rates = ("win rate", "length held equal") if is_last else ("win rate",)
    return ("arm", "method", "seeds", "step", by(comparison), "proxy", "KL (nats)", *rates, "tokens a response")


def by(comparison: Comparison) -> str:
    """Returns how a column of the judge's scores is headed."""
    return GOLD if comparison.score == GOLD else f"by {comparison.score}"


def results(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the table of all arms at their last checkpoint."""
    judges = comparison.further_judges
    rows = [_line(arm, arm.last, judges, is_last=True) for arm in comparison.arms]
    rows += [_sampled_line(one, len(judges)) for one in comparison.sampled_shown]
    caption = (
        f"Each arm at its last evaluated checkpoint. {_whose(comparison)}; the win rate is against {comparison.rival} on the "
        f"same prompts, ties half, beside it as if both answers were of one length. {comparison.interval}."
    )
    caption += "".join(map(_of_sampled, comparison.sampled_shown))
    head = _head(comparison, is_last=True)
    return table((*head, *(f"by {judge}" for judge in judges)), rows), Words(caption, "caption")


def _sampled_line(one: SampledResult, n_judges: int) -> list[Value]:
    """Returns best of n's line: no step, no length, and of the KL its bound."""
    seeds = ", ".join(map(str, one.seeds))
    bound = f"≤ {one.kl_bound:.2f}"
    figures = figure(one.gold), figure(one.proxy), bound, percent(one.win_rate)
    return [one.name, f"best of {one.n}", seeds, NONE, *figures, NONE, NONE, *[NONE] * n_judges]


def _of_sampled(one: SampledResult) -> str:
    expected = f"expected of {one.n} responses to each of {one.n_prompts} prompts, its KL at most"
    return f" {one.name[:1].upper()}{one.name[1:]} trains nothing: {expected}."


def _whose(comparison: Comparison) -> str:
    return (
        f"Gold is {comparison.judge}" if comparison.score == GOLD else f"Scores and win rates are by {comparison.judge}"
    )


def best(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns the same table at the checkpoints that were chosen as best; nothing where those are the last ones."""
    if all(arm.best.steps == arm.last.steps for arm in comparison.arms):
        return ()
    caption = f"{comparison.selection} The verdict rests on the last checkpoints, where nothing was chosen."
    rows = [_line(arm, arm.best, is_last=False) for arm in comparison.arms]
    return table(_head(comparison, is_last=False), rows), Words(caption, "caption")


def _line(arm: ArmResult, figures: Figures, judges: Sequence[str] = (), *, is_last: bool) -> list[Value]:
    seeds, steps = (", ".join(map(str, dict.fromkeys(values))) for values in (arm.seeds, figures.steps))
    return [
        shown_name(arm.name),
        shown_name(arm.method),
        seeds,
        steps,
        figure(figures.gold),
        figure(figures.proxy),
        figure(figures.kl),
        *_rates(arm, figures, is_last=is_last),
        figure(figures.length, 1),
        *(figure(figures.scores[judge]) for judge in judges),
    ]


def _rates(arm: ArmResult, figures: Figures, *, is_last: bool) -> list[Value]:
    if arm.method == "reference":
        return [NONE] * (1 + is_last)
    controlled = arm.length_controlled
    return [percent(figures.win_rate), *([percent(controlled.rate if controlled else None)] if is_last else [])]


def head_to_head(comparison: Comparison) -> tuple[Part | None, ...]:
    """Returns how often each row beats each column; nothing with fewer than two arms."""
    names = [arm.name for arm in (*comparison.arms, *comparison.sampled_shown)]
    if not comparison.wins and not comparison.sampled_wins:
        return ()
    if len(names) > _MOST_ACROSS:
        words = (
            f"Of {len(names)} arms a table of every two would have {len(names) ** 2:,} cells: `workbench compare PROJECT --json` "
            "has them, and the ranking below says what they come to."
        )
        return (Words(words, "note"),)
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
