"""An evaluation's samples as a Parquet file, and what they come to."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from workbench.domain import samples as column
from workbench.storage.files import write_bytes

_TEXT = (column.PROMPT_KEY, column.PROMPT, column.RESPONSE, column.STOP_REASON)
_FLOATS = (
    column.PROXY, column.GOLD, column.LOGP_POLICY, column.LOGP_REFERENCE, column.KL, column.KL_K1, column.KL_K3,
    column.ENTROPY,
)  # fmt: skip
Profiles = Sequence[NDArray[np.float32]]
Columns = Mapping[str, Sequence[str] | Sequence[float] | Sequence[int]]


def write_samples(path: Path, columns: Columns, about: Mapping[str, str], kl_tokens: Profiles | None = None) -> None:
    """Writes the samples whole or not at all.

    Args:
        path: its folder is made where needed.
        columns: by the names of `domain.samples`, one value for each prompt. A missing proxy column is written as nulls;
            numbers that are NaN become nulls.
        about: kept in the file's schema metadata.
        kl_tokens: the KL at each token of each response, [n_tokens] each.
    """
    n = len(columns[column.PROMPT])
    arrays = {name: pa.array(columns[name], pa.string()) for name in _TEXT}
    arrays[column.N_TOKENS] = pa.array(columns[column.N_TOKENS], pa.int64())
    scores = [name for name in columns if name.startswith(column.SCORE_PREFIX)]
    for name in (*_FLOATS, *scores):
        arrays[name] = _floats(columns[name]) if name in columns else pa.nulls(n, pa.float64())
    if kl_tokens is not None:
        arrays[column.KL_TOKENS] = _profiles(kl_tokens)
    table = pa.table(arrays).replace_schema_metadata(dict(about))
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, buffer.getvalue().to_pybytes())


def _floats(values: Sequence[str] | Sequence[float] | Sequence[int]) -> pa.Array:
    return pa.array(np.asarray(values, dtype=np.float64), pa.float64(), from_pandas=True)  # NaN is null


def _profiles(kl_tokens: Profiles) -> pa.Array:
    """Returns lists of half-precision numbers: two bytes a token, and three digits are more than a mean shows."""
    offsets = np.cumsum([0, *(len(tokens) for tokens in kl_tokens)], dtype=np.int32)
    values = np.concatenate([np.empty(0, np.float32), *kl_tokens]).clip(max=float(np.finfo(np.float16).max))
    return pa.ListArray.from_arrays(offsets, pa.array(values.astype(np.float16)))


def summarize(columns: Columns) -> dict[str, float]:
    """Returns the means that the metric catalogue calls eval/..., standard errors over prompts; finite ones only."""
    numbers = {name: np.asarray(columns[name], dtype=np.float64) for name in columns if name not in _TEXT}
    n_tokens = numbers[column.N_TOKENS]
    ended = [reason != "length" for reason in columns[column.STOP_REASON]]
    values = {"eval/length": float(n_tokens.mean()), "eval/ended": float(np.mean(ended))}
    for name in (name for name in (column.KL, column.KL_K1, column.KL_K3) if name in numbers):
        values[f"eval/{name}"] = float(numbers[name].mean())
        values[f"eval/{name}_se"] = standard_error(numbers[name])
    for name, summed in (("eval/kl_per_token", column.KL), ("eval/entropy", column.ENTROPY)):
        if summed in numbers:  # best of n has neither: its samples are the reference's own
            values[name] = float(numbers[summed].sum() / n_tokens.sum())
    for name in (column.GOLD, column.PROXY):
        if name in numbers:
            values[f"eval/{name}"] = float(numbers[name].mean())
    for name, scores in numbers.items():
        if name.startswith(column.SCORE_PREFIX):
            values[f"eval/score/{name.removeprefix(column.SCORE_PREFIX)}"] = float(scores.mean())
    return {name: value for name, value in values.items() if math.isfinite(value)}


def standard_error(values: NDArray[np.float64]) -> float:
    """Returns the standard error of the mean of [n] values; NaN for fewer than two."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
