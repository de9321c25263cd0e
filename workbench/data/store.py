"""A dataset's rows on disk: pairs.parquet, written in one stream, read in order without loading it whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.data.columns import SCHEMA, Placed, from_batch, to_batch, to_turns
from workbench.data.content import ContentHash
from workbench.data.splits import Splitter
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.pairs import Row, Turns, prompt_key
from workbench.domain.records import VERSIONS, SplitName

ROWS_FILE = "pairs.parquet"
_BATCH_ROWS = 1_000  # turned into columns at once: short enough for a thread beside a window
_GROUP_ROWS = 10_000  # compressed at once
_GROUP_CHARACTERS = 64_000_000  # long rows make smaller row groups, so that memory stays bounded
_READ_ROWS = 1024
# Only where values repeat; elsewhere trying costs time and saves nothing.
_REPEATING = ["split", *(f"{name}.list.element.role" for name in ("prompt", "chosen", "rejected"))]


class RowWriter:
    """Writes rows in order to pairs.parquet in `folder`; use it in a with block.

    Args:
        folder: where the file goes; it must exist.
        splitter: gives each row its split.
    """

    def __init__(self, folder: Path, splitter: Splitter) -> None:
        self._path = folder / ROWS_FILE
        self._splitter = splitter
        self._file = _create(self._path)
        self._hash = ContentHash()
        self._waiting: list[Placed] = []
        self._batches: list[pa.RecordBatch] = []
        self._characters = 0
        self.n_rows = 0

    def __enter__(self) -> "RowWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: Row) -> None:
        """Writes one row, sooner or later."""
        key = prompt_key(row.prompt)
        self._waiting.append(Placed(self.n_rows, self._splitter.place(key), key, row))
        self._characters += _length(row)
        self.n_rows += 1
        if len(self._waiting) >= _BATCH_ROWS:
            self._to_columns()
        if self.n_rows % _GROUP_ROWS == 0 or self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def finish(self) -> str:
        """Completes the file, settles the splits of a small dataset and returns the content's SHA-256."""
        self._flush()
        self._file.close()
        moved = self._splitter.settle()
        return _move_prompts(self._path, moved) if moved else self._hash.hexdigest()

    def _to_columns(self) -> None:
        if self._waiting:
            batch = to_batch(self._waiting)
            self._hash.update(batch)
            self._batches.append(batch)
            self._waiting.clear()

    def _flush(self) -> None:
        self._to_columns()
        if self._batches:
            self._file.write_table(pa.Table.from_batches(self._batches))
            self._batches.clear()
        self._characters = 0


def _create(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1, use_dictionary=_REPEATING)


def _length(row: Row) -> int:
    return sum(len(content) for turns in (row.prompt, row.chosen or (), row.rejected or ()) for _, content in turns)


def _move_prompts(path: Path, moved: dict[str, SplitName]) -> str:
    """Rewrites the split column for the prompts in `moved`; returns the content's SHA-256."""
    rewritten = path.with_suffix(".moved")
    content = ContentHash()
    with pq.ParquetFile(path) as old, _create(rewritten) as new:
        for batch in old.iter_batches(_GROUP_ROWS):
            splits = zip(batch.column("prompt_key").to_pylist(), batch.column("split").to_pylist(), strict=True)
            column = pa.array([moved.get(key, split) for key, split in splits], pa.string())
            changed = batch.set_column(SCHEMA.get_field_index("split"), SCHEMA.field("split"), column)
            new.write_batch(changed)
            content.update(changed)
    rewritten.replace(path)
    return content.hexdigest()


def read_rows(dataset_folder: Path, split: SplitName | None = None) -> Iterator[Row]:
    """Yields a dataset's rows in order; those of one split, or all.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: its file is damaged.
    """
    for batch in _batches(dataset_folder, split, SCHEMA.names):
        yield from from_batch(batch)


def read_prompts(dataset_folder: Path, split: SplitName | None = None) -> list[Turns]:
    """Returns a dataset's different prompts in the order in which they first occur.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: its file is damaged.
    """
    prompts: dict[str, Turns] = {}
    for batch in _batches(dataset_folder, split, ["prompt_key", "prompt", "split"]):
        for key, messages in zip(batch.column("prompt_key").to_pylist(), batch.column("prompt"), strict=True):
            if key not in prompts:
                prompts[key] = to_turns(messages.as_py())
    return list(prompts.values())


def count_preferences(dataset_folder: Path, split: SplitName | None, most: int) -> int:
    """Returns how many pairs of a split have a better response, ties left out; counts no further than `most`.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: its file is damaged.
    """
    n = 0
    for batch in _batches(dataset_folder, split, ["split", "tie"]):
        n += batch.num_rows - (pc.sum(batch.column("tie")).as_py() or 0)
        if n >= most:
            return most
    return n


def count_prompts(dataset_folder: Path, split: SplitName | None, most: int) -> int:
    """Returns how many different prompts a split has; counts no further than `most`.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: its file is damaged.
    """
    keys: set[str] = set()
    for batch in _batches(dataset_folder, split, ["split", "prompt_key"]):
        keys.update(batch.column("prompt_key").to_pylist())
        if len(keys) >= most:
            return most
    return len(keys)


def content_folder(dataset_folder: Path, sha256: str) -> Path:
    """Returns where a content of a dataset lies, record and rows: the dataset may have grown since (see `growing`)."""
    earlier = dataset_folder / VERSIONS / sha256
    return earlier if (earlier / ROWS_FILE).is_file() else dataset_folder


def find_content(dataset_folder: Path, sha256: str) -> Path:
    """Returns where the content of a dataset lies that a run was made for, after making sure that it is that.

    Raises:
        NotFound, BadInput: see `check_content`.
    """
    folder = content_folder(dataset_folder, sha256)
    check_content(folder, sha256)
    return folder


def read_splits(dataset_folder: Path) -> dict[str, SplitName]:
    """Returns the split of each prompt, by its key.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: its file is damaged.
    """
    found: dict[str, SplitName] = {}
    for batch in _batches(dataset_folder, None, ["prompt_key", "split"]):
        found.update(zip(batch.column("prompt_key").to_pylist(), batch.column("split").to_pylist(), strict=True))
    return found


def check_content(dataset_folder: Path, sha256: str) -> None:
    """Makes sure that a dataset still holds what it held when `sha256` was computed.

    Raises:
        NotFound: there is no dataset in that folder.
        BadInput: the rows or their splits have changed, or the file is damaged.
    """
    content = ContentHash()
    for batch in _batches(dataset_folder, None, SCHEMA.names):
        content.update(batch)
    if content.hexdigest() != sha256:
        raise BadInput(
            f"{dataset_folder / ROWS_FILE}: the rows are not those that the run was made for.",
            "Import the original file again under this name, or make a new run.",
        )


@dataclass(frozen=True)
class StoredRows:
    """A dataset's rows as something that can be read more than once."""

    folder: Path
    split: SplitName | None = None

    def __iter__(self) -> Iterator[Row]:
        return read_rows(self.folder, self.split)


def _batches(folder: Path, split: SplitName | None, columns: list[str]) -> Iterator[pa.RecordBatch]:
    path = folder / ROWS_FILE
    if not path.is_file():
        raise NotFound(f"{folder}: there is no dataset here ({ROWS_FILE} is missing).", "Import it again.")
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_READ_ROWS, columns=columns):
                yield batch if split is None else batch.filter(pc.equal(batch.column("split"), split))
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(f"{path}: the file is damaged ({error}).", "Import the dataset again.") from error
