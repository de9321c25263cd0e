"""Scores on demand: what is left where they could not be written. That they are right is tested beside the worker."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from workbench.api import scoring

ROWS = [{"row": i, "response": "chosen", "prompt": "p", "text": "é", "score": float(i)} for i in range(4)]


def said(folder: Path, *more: str) -> Path:
    path = folder / "scores.jsonl"
    path.write_text("".join([*(json.dumps(row) + "\n" for row in ROWS), *more]), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_scores_come_whole_with_their_mean_and_deviation(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    result = scoring._collect(said(tmp_path), out)
    assert (result.responses, result.mean) == (4, 1.5)
    assert result.sd == pytest.approx((5 / 3) ** 0.5)
    lines = (
        pq.read_table(out).to_pylist() if suffix == ".parquet" else map(json.loads, out.read_text("utf-8").splitlines())
    )
    assert list(lines) == ROWS


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_where_they_cannot_be_written_the_file_is_as_it_was(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    out.write_text("mine")
    source = said(tmp_path, "torn")
    with pytest.raises(ValueError, match="Expecting value"):
        scoring._collect(source, out)
    assert out.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name, source.name]
