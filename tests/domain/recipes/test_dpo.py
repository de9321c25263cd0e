import pytest
from pydantic import ValidationError

from workbench.domain.recipes import DpoRecipe


def test_label_noise_is_refused_where_the_loss_would_ignore_it():
    with pytest.raises(
        ValidationError, match=r"loss `sigmoid` would ignore; `loss_type: cdpo` is DPO with label noise"
    ):
        DpoRecipe(label_smoothing=0.1)


@pytest.mark.parametrize("loss", ["cdpo", "robust", "exo_pair", "aot", "aot_unpaired"])
def test_losses_that_know_label_noise_take_it(loss):
    assert DpoRecipe(loss_type=loss, label_smoothing=0.1).label_smoothing == 0.1
