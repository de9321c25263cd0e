"""What stands between a comparison and its reader: arms that were not treated alike, runs that are missing, odd figures."""

from collections.abc import Callable, Sequence

import numpy as np

from workbench.compare.arms import Arm, Track
from workbench.compare.log_table import Spent
from workbench.compare.naming import without_folders
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import DataInput, Job
from workbench.domain.samples import GOLD, KL, KL_K1

_EVEN = 1.25  # times the least that an arm used; below it, equal enough to compare at one budget
_CUT_SHARE = 0.05  # fewer responses than this cut at the limit say nothing about an arm


def unfair(arms: Sequence[Arm]) -> list[str]:
    """Returns one sentence for each thing in which arms differ that should be the same for all."""
    checks: tuple[tuple[str, Callable[[Job], str]], ...] = (
        ("were answered on different prompts", _prompts),
        ("were sampled differently", _sampling),
        ("were judged differently", _judges),
    )
    found = [_differing(what, [(arm, _of_evaluations(arm, read)) for arm in arms]) for what, read in checks]
    found.append(_differing("begin at different start models", [(arm, (arm.start,)) for arm in arms]))
    found.append(_differing("were trained on different pairs", [(arm, _of_runs(arm, _pairs)) for arm in arms]))
    found.append(_differing("had different budgets", [(arm, _of_runs(arm, _budget)) for arm in arms]))
    return [sentence for sentence in [*found, _proxies(arms)] if sentence]


def uneven(arms: Sequence[Arm]) -> list[str]:
    """Returns one sentence where arms had used different amounts of training by the checkpoints that are compared.

    Limits that are alike do not make spending alike: each arm ends at the limit that it reaches first, or at its own end.
    """
    trained = [arm for arm in arms if arm.tracks and not arm.is_reference]
    parts = [part for name in Spent._fields if (part := _spending(name, trained))]
    return [f"By the checkpoints compared, the arms had not used equal amounts: {'; '.join(parts)}."] if parts else []


def incomplete(arms: Sequence[Arm]) -> list[str]:
    """Returns one sentence for each run that has not ended well or was not evaluated, and for seeds that arms lack."""
    found = []
    for arm in arms:
        found += [sentence for track in arm.tracks if (sentence := _unfinished(arm, track))]
    found += _left_out(arms)
    trained = [arm for arm in arms if arm.tracks and not arm.is_reference]
    if len({arm.seeds for arm in trained}) > 1:
        seeds = "; ".join(f"{arm.name} {_list(arm.seeds)}" for arm in trained)
        found.append(f"The arms have different seeds: {seeds}. Arms are compared on the seeds that both have.")
    return found


def oddities(arms: Sequence[Arm]) -> list[str]:
    """Returns what a reader should know of the figures: cut responses, missing scores, negative estimates of KL."""
    found = [_cut(arms)]
    found += [_missing(arm) for arm in arms]
    found += [_negative_k1(arm) for arm in arms]
    return [sentence for sentence in found if sentence] + _said_by_runs(arms)


def _spending(name: str, arms: Sequence[Arm]) -> str:
    used = {arm.name: float(np.mean([getattr(track.last.spent, name) for track in arm.tracks])) for arm in arms}
    known = {arm: value for arm, value in used.items() if value > 0}  # NaN where a method does not count it
    if len(known) < 2 or max(known.values()) <= _EVEN * min(known.values()):
        return ""
    return f"{name} " + ", ".join(f"{arm} {value:,.0f}" for arm, value in known.items())


def _differing(what: str, values: Sequence[tuple[Arm, tuple[str, ...]]]) -> str:
    named = [(arm, read) for arm, read in values if read]
    if len({read for _, read in named}) < 2:
        return ""
    return f"The arms {what}: " + "; ".join(f"{arm.name}: {' and '.join(read)}" for arm, read in named) + "."


def _of_evaluations(arm: Arm, read: Callable[[Job], str]) -> tuple[str, ...]:
    return tuple(sorted({read(track.evaluation) for track in arm.tracks if track.evaluation}))


def _of_runs(arm: Arm, read: Callable[[Job], str]) -> tuple[str, ...]:
    return tuple(sorted({read(track.run) for track in arm.tracks if track.run}))


def _recipe(job: Job) -> EvaluateRecipe:
    assert isinstance(job.recipe, EvaluateRecipe)
    return job.recipe


def _prompts(job: Job) -> str:
    most = _recipe(job).max_prompts
    return f"{_data(job.inputs.prompts)}{f', first {most}' if most else ''}"


def _data(data: DataInput | None) -> str:
    if data is None:
        return "no dataset"
    return f"{data.name}{f' ({data.split})' if data.split else ''} {data.sha256[:8]}".strip()


def _pairs(job: Job) -> str:
    return _data(job.inputs.data)


def _sampling(job: Job) -> str:
    recipe = _recipe(job)
    stops = f", ending at {' or '.join(map(repr, recipe.stop_strings))}" if recipe.stop_strings else ""
    return f"temperature {recipe.temperature:g}, at most {recipe.max_new_tokens} tokens{stops}"


def _judges(job: Job) -> str:
    return ", ".join(without_folders(judge) for judge in _recipe(job).judges)


def _budget(job: Job) -> str:
    return ", ".join(f"{value:g} {name}" for name, value in job.budget.changed().items()) or "no limit"


def _proxies(arms: Sequence[Arm]) -> str:
    for seed in sorted({seed for arm in arms for seed in arm.seeds}):
        tracks = [(arm, track) for arm in arms if (track := arm.track(seed)) is not None]
        by_reward = {(track.evaluation.inputs.reward or "") for _, track in tracks if track.evaluation} - {""}
        if len(by_reward) > 1:
            return (
                f"The proxy scores come from different reward models under seed {seed}: {', '.join(sorted(by_reward))}."
            )
    return ""


def _unfinished(arm: Arm, track: Track) -> str:
    if track.run is None:
        return ""
    at = f"evaluated up to step {track.last.step}"
    if track.outcome is None:
        return f"{_who(arm, track)} is still running; {at}."
    if track.outcome.state != "finished":
        return f"{_who(arm, track)} {_ended(track)}; {at}."
    return ""


def _left_out(arms: Sequence[Arm]) -> list[str]:
    """One sentence a reason, however many runs it holds back."""
    held_back: dict[str, list[str]] = {}
    for arm in arms:
        for track in arm.waiting:
            held_back.setdefault(_why_waiting(track), []).append(_who(arm, track))
    return [f"Left out, {reason}: {'; '.join(who)}." for reason, who in held_back.items()]


def _why_waiting(track: Track) -> str:
    if track.outcome is None:
        return "not finished and not evaluated yet"
    return "not evaluated yet" if track.outcome.state == "finished" else f"{_ended(track)}, and not evaluated"


def _ended(track: Track) -> str:
    outcome = track.outcome
    assert outcome is not None
    said = f" ({outcome.message.rstrip('.')})" if outcome.message else ""
    return f"{outcome.state} at step {outcome.step}{said}"


def _who(arm: Arm, track: Track) -> str:
    return f"{arm.name}, seed {track.seed}"


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds)) or "none"


def _cut(arms: Sequence[Arm]) -> str:
    shares = {arm.name: float(np.mean([1 - track.last.samples.ended.mean() for track in arm.tracks]))
              for arm in arms if arm.tracks}  # fmt: skip
    if not any(share > _CUT_SHARE for share in shares.values()):
        return ""
    told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    return f"Responses that reached the length limit and were cut there: {told}."


def _missing(arm: Arm) -> str:
    missing = sum(track.last.samples.n_missing(GOLD) for track in arm.tracks)
    total = sum(len(track.last.samples) for track in arm.tracks)
    if not missing:
        return ""
    return f"{arm.name}: {missing} of {total} responses have no gold score; they are counted here and left out of every mean."


def _negative_k1(arm: Arm) -> str:
    for track in arm.tracks:
        for point in track.points:
            k1 = point.samples.column(KL_K1)
            if not np.isnan(k1).all() and np.nanmean(k1) < 0:
                exact = np.nanmean(point.samples.column(KL))
                return (
                    f"{_who(arm, track)}, step {point.step}: the single-sample estimate of KL (k1) is {np.nanmean(k1):.3f}. It "
                    f"may fall below zero by chance; the exact figure used everywhere here is {exact:.3f} nats."
                )
    return ""


def _said_by_runs(arms: Sequence[Arm]) -> list[str]:
    speakers: dict[str, dict[str, None]] = {}
    for arm in arms:
        for track in (*arm.tracks, *arm.waiting):
            for message in track.log.warned:
                speakers.setdefault(message, {})[arm.name] = None
    return [f"{', '.join(names)}: {message}" for message, names in speakers.items()]
