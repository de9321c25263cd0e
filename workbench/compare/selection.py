"""How best checkpoints were chosen: by the judge's scores on prompts that are not reported on."""

from collections.abc import Sequence

import numpy as np

from workbench.compare.arms import Arm
from workbench.compare.tracks import ChosenOn
from workbench.domain.samples import GOLD, PROXY


def chosen_on(arm: Arm) -> ChosenOn:
    """Returns on which prompts an arm's best checkpoints were chosen; those of one half where its seeds differ."""
    found = {track.chosen_on for track in arm.tracks}
    return next(which for which in ("half", "validation", "nothing") if which in found or which == "nothing")


def selection_words(arms: Sequence[Arm], judge: str = GOLD) -> str:
    """Says how the best checkpoints of these arms were chosen, with the numbers of prompts.

    Args:
        arms: those compared.
        judge: by whose scores: `gold`, the proxy, or the name of another judge.
    """
    score = f"mean {judge} score"
    trained = [arm for arm in arms if arm.tracks and not arm.is_reference]
    by = {which: [arm for arm in trained if chosen_on(arm) == which] for which in ("validation", "half")}
    sentences = []
    if by["validation"]:
        n_prompts = _n_validation(by["validation"])
        sentences.append(
            f"Best checkpoints were chosen by {score} on {n_prompts} validation prompts, none of them a test prompt."
        )
    if by["half"]:
        n_choosing, n_reporting = _halves(by["half"])
        whose = f" of {', '.join(arm.name for arm in by['half'])}" if by["validation"] else ""
        sentences.append(
            f"No validation prompts{whose} were sampled, so best checkpoints were chosen by {score} on a fixed half of "
            f"the test prompts ({n_choosing}), and what is reported of them is from the other {n_reporting}."
        )
    if not sentences:
        return "No arm had several checkpoints to choose from."
    return " ".join([*sentences, "" if judge == PROXY else "Training reward chooses nothing."]).strip()


def _n_validation(arms: Sequence[Arm]) -> int:
    samples = [point.validation for arm in arms for track in arm.tracks for point in track.points[:1]]
    return max(len(np.unique(found.keys)) for found in samples if found is not None)


def _halves(arms: Sequence[Arm]) -> tuple[int, int]:
    samples = arms[0].tracks[0].last.samples
    n_reporting = len(np.unique(samples.reporting_half.keys))
    return len(np.unique(samples.keys)) - n_reporting, n_reporting
