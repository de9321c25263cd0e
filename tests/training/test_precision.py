"""The number format of a run: what its model's size says, and what it began in."""

from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.domain.errors import NotFound
from workbench.storage.runlog import RunFolder
from workbench.training import device
from workbench.training.precision import dtype_of_run
from workbench.training.session import RunSession

CPU, BF16, FP32 = torch.device("cpu"), torch.bfloat16, torch.float32
Runs = Any


@pytest.fixture(autouse=True)
def fast_from_a_hundred_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(device, "_WORTH_ROUNDING", 100_000)


def dtype(folder: Path) -> torch.dtype:
    return dtype_of_run(folder, RunFolder(folder).job(), CPU)


def test_the_size_of_the_model_decides_and_a_setting_overrules_it(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    data = runs.add_data()
    auto, told = runs.add("sft", data, "auto"), runs.add("sft", data, "told", precision="fp32")
    assert (dtype(auto), dtype(told)) == (BF16, FP32)
    monkeypatch.setattr(device, "_WORTH_ROUNDING", 300_000)  # more than the model has
    assert dtype(auto) == FP32


def test_what_trains_nothing_reads_in_fp32(runs: Runs) -> None:
    assert dtype(runs.add("evaluate", None)) == FP32


def test_a_run_that_goes_on_stays_with_what_it_began_in(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = runs.add("sft", runs.add_data())
    session = runs.open(folder)
    assert session.dtype == BF16
    session.started()
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert dtype(folder) == FP32  # there is nothing yet to go on from
    session.save_checkpoint(2, lambda made: (made / "weights").write_bytes(b"1"))
    assert session.latest_checkpoint() is not None
    assert RunSession.open(folder).dtype == BF16


def test_a_model_that_is_not_there_is_named(runs: Runs) -> None:
    with pytest.raises(NotFound, match="no model folder"):
        RunSession.open(runs.add("sft", runs.add_data(), model="./gone"))
