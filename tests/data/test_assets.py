"""Bundled files are found, and a missing one is named."""

import pytest
import yaml

from workbench.data.assets import asset, checkout_folder
from workbench.domain.errors import NotFound
from workbench.domain.experiments import Experiment


@pytest.mark.parametrize("name", ["experiment.yaml", "long.yaml"])
def test_the_demonstrations_experiments_are_valid(name: str) -> None:
    path = asset(f"film-critic/{name}")
    experiment = Experiment.parse(yaml.safe_load(path.read_text(encoding="utf-8")), where=name)
    assert experiment.judges[0] == "film-critic"
    assert experiment.sft is not None
    assert experiment.sft.recipe.from_scratch


def test_a_missing_asset_is_named() -> None:
    with pytest.raises(NotFound, match=r"film-critic/none\.yaml is missing"):
        asset("film-critic/none.yaml")


def test_a_checkout_is_known_as_one() -> None:
    folder = checkout_folder()
    assert folder is not None
    assert (folder / "assets" / "film-critic").is_dir()
