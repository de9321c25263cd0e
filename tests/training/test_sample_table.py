"""Samples on disk and their means."""

import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from workbench.training.sample_table import standard_error, summarize, write_samples

COLUMNS: dict[str, list[str] | list[float] | list[int]] = {
    "prompt_key": ["a", "b"],
    "prompt": ["p", "q"],
    "response": ["r", ""],
    "stop_reason": ["eos", "length"],
    "n_tokens": [2, 6],
    "gold": [1.0, 3.0],
    "logp_policy": [-1.0, -2.0],
    "logp_reference": [-2.0, -2.0],
    "kl": [0.5, 1.5],
    "kl_k1": [1.0, 0.0],
    "kl_k3": [0.4, math.nan],
    "entropy": [2.0, 6.0],
    "score:length": [1.0, 0.0],
}


def test_means_over_prompts_and_over_tokens() -> None:
    values = summarize(COLUMNS)
    assert values["eval/gold"] == 2.0
    assert values["eval/kl"] == 1.0
    assert values["eval/kl_se"] == pytest.approx(0.5)  # sd 1 / sqrt 2 = 0.7071, / sqrt 2
    assert values["eval/kl_per_token"] == pytest.approx(0.25)  # 2 nats on 8 tokens
    assert values["eval/entropy"] == 1.0
    assert values["eval/ended"] == 0.5
    assert values["eval/length"] == 4.0
    assert values["eval/score/length"] == 0.5


def test_what_is_not_finite_is_left_out_of_the_log_and_null_in_the_file(tmp_path: Path) -> None:
    assert "eval/kl_k3" not in summarize(COLUMNS)
    write_samples(tmp_path / "samples" / "s.parquet", COLUMNS, {"step": "10"})
    table = pq.read_table(tmp_path / "samples" / "s.parquet")
    assert table.column("kl_k3").to_pylist() == [0.4, None]
    assert table.column("proxy").to_pylist() == [None, None]
    assert table.column("n_tokens").to_pylist() == [2, 6]
    assert table.schema.metadata[b"step"] == b"10"


def test_one_sample_has_no_standard_error() -> None:
    assert math.isnan(standard_error(np.array([1.0])))
