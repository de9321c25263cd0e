"""People judge answers without names, two at a time."""

import getpass
import secrets

from workbench.compare import Comparison
from workbench.compare.blind import BlindPair
from workbench.compare.blind import blind_pairs as _pairs
from workbench.compare.naming import find_arm
from workbench.domain.errors import BadSetting, NotFound
from workbench.domain.experiments import shown_name
from workbench.domain.labels import BlindLabel, BlindVerdict, Withdrawal
from workbench.storage.labels import add_label, read_labels
from workbench.storage.preferences import read_preferences
from workbench.storage.project import Project, nearest

__all__ = ["BlindLabel", "BlindPair", "BlindVerdict", "blind_pairs", "give_label", "rater_name", "take_back_label"]


def rater_name() -> str:
    """Returns who judges on this computer: as preferred, else the login name."""
    if chosen := read_preferences().judging.rater.strip():
        return chosen
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a system without accounts
        return "somebody"


def blind_pairs(
    project: Project,
    comparison: Comparison,
    one: str,
    other: str,
    *,
    rater: str | None = None,
    seed: int | None = None,
) -> list[BlindPair]:
    """Returns the pairs of two arms' answers that a rater has not judged yet, in random order.

    Args:
        project: the project.
        comparison: whose arms.
        one, other: two of its arms, by name.
        rater: who judges; None for the person at this computer.
        seed: gives the same order again.

    Raises:
        NotFound: the comparison has no such arm.
        BadSetting: both are the same.
    """
    arms = []
    for name in (one, other):
        arm = find_arm(comparison.arms, name)
        if arm is None:
            known = [shown_name(each.name) for each in comparison.arms]
            raise NotFound(f"There is no arm `{name}` in this comparison.", nearest(name, known, "arm"))
        arms.append(arm)
    if arms[0].name == arms[1].name:
        raise BadSetting(f"`{one}` cannot be judged against itself.", "Choose two different arms.")
    return _pairs(project, arms[0], arms[1], read_labels(project), rater or rater_name(), seed)


def give_label(project: Project, pair: BlindPair, verdict: BlindVerdict, rater: str | None = None) -> BlindLabel:
    """Keeps what a person says of a pair.

    Raises:
        DiskFull: there is no room for it.
    """
    label = BlindLabel(
        id=secrets.token_hex(8),
        rater=rater or rater_name(),
        prompt_key=pair.prompt_key,
        first=pair.first_ref,
        second=pair.second_ref,
        verdict=verdict,
    )
    add_label(project, label)
    return label


def take_back_label(project: Project, label: BlindLabel) -> None:
    """Takes a judgement back; its line stays in the file beside the note that it does not count."""
    add_label(project, Withdrawal(label=label.id))
