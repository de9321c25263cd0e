"""What stands between a comparison and its reader: unequal spending, runs that are missing, odd figures."""

from collections.abc import Sequence

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.log_table import Spent
from workbench.compare.rewards import reward_words
from workbench.compare.tracks import Track
from workbench.domain.experiments import shown_name
from workbench.domain.recipes import EvaluateRecipe, PpoRecipe
from workbench.domain.samples import GOLD, KL, KL_K1

_EVEN = 1.25  # times the least that an arm used; below it, equal enough to compare at one budget
_CUT_SHARE = 0.05  # fewer responses than this cut at the limit say nothing about an arm


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


def oddities(arms: Sequence[Arm], score: str = GOLD) -> list[str]:
    """Returns what a reader should know of the figures: cut responses, missing scores, negative estimates of KL.

    Args:
        arms: those compared.
        score: what the judge's scores are called: gold, or its own name.
    """
    found = [_cut(arms)]
    found += [_missing(arm, score) for arm in arms]
    found += [_negative_k1(arm) for arm in arms]
    found += [_own_rewards(arms), _paid_judge(arms, score)]
    return [sentence for sentence in found if sentence] + _said_by_runs(arms)


def _own_rewards(arms: Sequence[Arm]) -> str:
    rewards = {
        arm.name: reward_words(job)
        for arm in arms
        if arm.tracks and not arm.is_reference and (job := arm.tracks[-1].evaluation)
    }
    if len(set(rewards.values())) < 2:
        return ""
    each = "; ".join(f"{arm} {words}" for arm, words in rewards.items() if words)
    return f"Proxy scores are from different rewards: {each}. Read each against the start model, never against another arm's."


def _paid_judge(arms: Sequence[Arm], score: str) -> str:
    told = [(arm.name, judge) for arm in arms if arm.tracks and (judge := _paid_by(arm, score))]
    if not told:
        return ""
    return (
        f"The judge `{told[0][1]}` is a term of the reward of {' and '.join(name for name, _ in told)}, and so no independent "
        "measure of it."
    )


def _paid_by(arm: Arm, score: str) -> str:
    """Returns the judge of this score where the arm was trained on it too; empty otherwise."""
    evaluation = arm.tracks[-1].evaluation
    judges = evaluation.recipe.judges if evaluation and isinstance(evaluation.recipe, EvaluateRecipe) else ()
    judge = judges[0] if score == GOLD and judges else score
    paid = (isinstance(job.recipe, PpoRecipe) and job.recipe.is_paid_by(judge) for job in arm.jobs)
    return judge if any(paid) else ""


def _spending(name: str, arms: Sequence[Arm]) -> str:
    used = {arm.name: float(np.mean([getattr(track.last.spent, name) for track in arm.tracks])) for arm in arms}
    known = {arm: value for arm, value in used.items() if value > 0}  # NaN where a method does not count it
    if len(known) < 2 or max(known.values()) <= _EVEN * min(known.values()):
        return ""
    return f"{name} " + ", ".join(f"{arm} {value:,.0f}" for arm, value in known.items())


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
    return f"{shown_name(arm.name)}, seed {track.seed}"


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds)) or "none"


def _cut(arms: Sequence[Arm]) -> str:
    shares = {shown_name(arm.name): float(np.mean([1 - track.last.samples.ended.mean() for track in arm.tracks]))
              for arm in arms if arm.tracks}  # fmt: skip
    if not any(share > _CUT_SHARE for share in shares.values()):
        return ""
    told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    return f"Responses that reached the length limit and were cut there: {told}."


def _missing(arm: Arm, score: str) -> str:
    missing = sum(track.last.samples.n_missing(GOLD) for track in arm.tracks)
    total = sum(len(track.last.samples) for track in arm.tracks)
    if not missing:
        return ""
    what = "gold score" if score == GOLD else f"score by {score}"
    return (
        f"{shown_name(arm.name)}: {missing} of {total} responses have no {what}; they are counted here and left out of every "
        "mean."
    )


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
                speakers.setdefault(message, {})[shown_name(arm.name)] = None
    return [f"{', '.join(names)}: {message}" for message, names in speakers.items()]
