"""The --map option."""

import pytest

from workbench.cli.data import _column_map
from workbench.domain.errors import BadSetting


def test_columns_are_named_ours_by_theirs() -> None:
    assert _column_map("prompt=instruction, chosen=good") == {"prompt": "instruction", "chosen": "good"}
    assert _column_map(None) == {}


@pytest.mark.parametrize("text", ["prompt", "prompt=", "=instruction"])
def test_half_a_pair_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="Write ours=theirs"):
        _column_map(text)
