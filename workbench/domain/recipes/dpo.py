"""Direct preference optimisation: a policy from comparisons, with no reward model."""

from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from workbench.domain.recipes.training import GivenResponsesRecipe
from workbench.domain.settings import setting

_EXO_SMOOTHING = 1e-3  # what 2402.00856 uses; at 0 its loss is not defined
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


def trl_loss(recipe: DpoRecipe) -> dict[str, Any]:
    """Returns TRL's names for the recipe's loss.

    TRL 1.16 has no cDPO: its `sigmoid` ignores label_smoothing. With A = -log sigmoid(beta h), B = -log sigmoid(-beta h)
    and noise e, cDPO is (1 - e) A + e B (2305.18290's authors' note), and TRL's `robust` is ((1 - e) A - e B) / (1 - 2e)
    (2403.00409, Eq. 12), so cDPO = 2 (1 - e) sigmoid - (1 - 2e) robust.
    """
    noise = recipe.label_smoothing
    if recipe.loss_type == "cdpo":
        weights = [2 * (1 - noise), -(1 - 2 * noise)]
        return {"loss_type": ["sigmoid", "robust"], "loss_weights": weights, "label_smoothing": noise}
    if recipe.loss_type == "exo_pair":
        noise = noise or _EXO_SMOOTHING
    return {"loss_type": [recipe.loss_type], "label_smoothing": noise}
