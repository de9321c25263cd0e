"""What arms can be compared at the same level of."""

from dataclasses import dataclass
from typing import Literal

MatchBy = Literal["data", "compute", "kl", "proxy"]


@dataclass(frozen=True)
class LevelKind:
    """Something that arms reach more or less of.

    Attributes:
        label, unit: as tables name it.
        meaning: what is counted, in words.
        unknown: why there may be no level.
    """

    label: str
    unit: str
    meaning: str
    unknown: str


LEVELS: dict[MatchBy, LevelKind] = {
    "data": LevelKind(
        "data",
        "episodes or pairs",
        "Matched data: responses (PPO) or pairs (DPO) that the arm's own run learned from; what the reward model learned "
        "from is on its bill.",
        "The logs do not say how many examples were seen.",
    ),
    "compute": LevelKind(
        "compute",
        "FLOPs",
        "Matched compute: floating point operations of training, those of the stages that an arm rests on included. An arm "
        "whose stages alone took more stands at its start model.",
        "The size of a model is not known, or the logs do not say how many tokens were seen.",
    ),
    "kl": LevelKind(
        "KL",
        "nats",
        "Matched KL to the start model, where each seed first reached it.",
        "KL was not measured.",
    ),
    "proxy": LevelKind(
        "proxy score",
        "",
        "Matched score by the reward model, where each seed first reached it.",
        "There is no reward model's score.",
    ),
}
