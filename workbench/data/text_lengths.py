"""How long a dataset's texts are in tokens, by a sample of its rows."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from workbench.data.store import ROWS_FILE, read_rows
from workbench.domain.pairs import Row
from workbench.domain.records import SplitName

_N_ROWS = 256  # enough for a mean within a few per cent, read in milliseconds
_CHARACTERS_A_TOKEN = 4.0  # of English in vocabularies of 30,000 tokens and more


class TextLengths(NamedTuple):
    """Means in tokens; 0 where the rows have no such text."""

    prompt: float
    chosen: float
    rejected: float


def text_lengths(dataset_folder: Path, split: SplitName | None, tokenizer: Path | None) -> TextLengths:
    """Returns the mean lengths of a dataset's first rows.

    Args:
        dataset_folder: holds the rows.
        split: which rows; None for all.
        tokenizer: a tokenizer.json; without one a token counts as four characters.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: its file is damaged.
    """
    path = dataset_folder / ROWS_FILE
    changed = None if tokenizer is None or not tokenizer.is_file() else tokenizer.stat().st_mtime_ns
    return _measured(dataset_folder, split, path.stat().st_mtime_ns if path.is_file() else 0, str(tokenizer), changed)


@lru_cache(maxsize=128)  # a plan is made after every pause in typing, of the same few texts
def _measured(
    folder: Path, split: SplitName | None, _rows_changed: int, tokenizer: str, tokenizer_changed: int | None
) -> TextLengths:
    rows = list(islice(read_rows(folder, split), _N_ROWS))
    count = _counter(tokenizer, tokenizer_changed)
    return TextLengths(*(_mean(rows, name, count) for name in ("prompt", "chosen", "rejected")))


@lru_cache(maxsize=4)
def _counter(tokenizer: str, changed: int | None) -> Callable[[Sequence[str]], list[float]]:
    """Returns a function that counts tokens; a large vocabulary takes a second to read, so it is kept."""
    if changed is None:
        return lambda texts: [len(text) / _CHARACTERS_A_TOKEN for text in texts]
    from tokenizers import Tokenizer  # noqa: PLC0415  (only estimates need it)

    try:
        read = Tokenizer.from_file(tokenizer)
    except Exception:  # tokenizers raises no narrower kind; an estimate by characters is still one
        return _counter(tokenizer, None)
    return lambda texts: [float(len(found.ids)) for found in read.encode_batch(list(texts))]


def _mean(rows: Sequence[Row], name: str, count: Callable[[Sequence[str]], list[float]]) -> float:
    found = [{"prompt": row.prompt, "chosen": row.chosen, "rejected": row.rejected}[name] for row in rows]
    texts = ["\n".join(content for _, content in turns) for turns in found if turns]
    return fmean(count(texts)) if texts else 0.0
