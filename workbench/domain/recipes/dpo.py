"""Direct preference optimisation: a policy from comparisons, with no reward model."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from workbench.domain.recipes.training import GivenResponsesRecipe
from workbench.domain.settings import setting

DpoLoss = Literal[
    "sigmoid", "cdpo", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired",
    "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm",
]  # fmt: skip

_SMOOTHED: set[DpoLoss] = {"cdpo", "robust", "exo_pair", "aot", "aot_unpaired"}


class DpoRecipe(GivenResponsesRecipe):
    """DPO (2305.18290) and its family."""

    base_learning_rate: ClassVar[float] = 1.6e-6

    beta: float = setting(
        0.1,
        label="Beta",
        help="Weight of the KL to the start model: lower goes further (2305.18290, Eq. 7).",
        gt=0,
        le=100,
    )
    loss_type: DpoLoss = setting(
        "sigmoid",
        label="Loss",
        help="sigmoid is DPO; cdpo and robust expect a share of wrong labels; ipo bounds the margin; hinge is SLiC; the "
        "others are TRL's, by TRL's names.",
    )
    label_smoothing: float = setting(
        0.0,
        label="Label noise",
        unit="share",
        help="Assumed share of flipped labels, for cdpo, robust, exo_pair, aot and aot_unpaired (2305.18290's authors' note; "
        "2403.00409).",
        ge=0,
        lt=0.5,
    )
    precompute_ref_log_probs: bool = setting(
        False,
        label="Reference first",
        help="Computes the reference's log-probabilities once, before training: faster after one epoch, and one model less "
        "in memory.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _noise_is_heard(self) -> Self:
        if self.label_smoothing and self.loss_type not in _SMOOTHED:
            raise ValueError(
                f"`label_smoothing` is {self.label_smoothing:g}, which the loss `{self.loss_type}` would ignore; "
                "`loss_type: cdpo` is DPO with label noise"
            )
        return self
