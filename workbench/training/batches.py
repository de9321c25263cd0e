"""A dataset's rows as token ids: what is left out is counted and said, what is kept is small in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
from datasets import Dataset
from datasets.table import InMemoryTable
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.data.store import read_rows
from workbench.domain.errors import BadInput
from workbench.domain.pairs import Half, Row, Turns, is_in_half
from workbench.domain.recipes import GivenResponsesRecipe
from workbench.domain.records import DataInput
from workbench.training.inputs import dataset_folder
from workbench.training.models import context_length
from workbench.training.session import RunSession
from workbench.training.text import (
    EncodedPair,
    encode_pair,
    encode_prompt,
    encode_response,
    ending,
    prompt_room,
    response_end_id,
    warn_of_plain_text,
)

_CHUNK = 4096  # rows turned into Arrow at once; Python's integers take seven times the memory
_IGNORED = -100  # the label that the loss passes over
_TOKENS = pa.list_(pa.int32())
_PAIR_SCHEMA = pa.schema(
    [("prompt_ids", _TOKENS), ("chosen_ids", _TOKENS), ("rejected_ids", _TOKENS), ("margin", pa.float32())]
)
_TEXT_SCHEMA = pa.schema([("input_ids", _TOKENS), ("labels", _TOKENS)])


@dataclass(slots=True)
class Counts:
    """What became of a dataset's rows.

    Attributes:
        read, kept: rows.
        ties: left out, since nobody prefers one response.
        incomplete: left out, since a response is missing.
        identical: left out, since cutting to the longest sequence left both responses alike.
        truncated: of those kept, the ones that were cut.
        margins: of those kept, the ones with a margin.
    """

    read: int = 0
    kept: int = 0
    ties: int = 0
    incomplete: int = 0
    identical: int = 0
    truncated: int = 0
    margins: int = 0


class Encoder:
    """Encodes rows for one model, as its recipe says.

    Args:
        session: hears the warnings.
        recipe: longest sequence and endings.
        model: bounds the longest sequence.
        tokenizer: the model's.
    """

    def __init__(
        self,
        session: RunSession,
        recipe: GivenResponsesRecipe,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
    ) -> None:
        self._session, self._recipe, self._tokenizer = session, recipe, tokenizer
        self.max_length = min(recipe.max_length, context_length(model) or recipe.max_length)
        self._end_id = None if recipe.append_eos == "never" else response_end_id(tokenizer)

    def pairs(self, data: DataInput, limit: int | None = None, half: Half = "all") -> tuple[Dataset, Counts]:
        """Reads a preference dataset.

        Args:
            data: which one; its content must be what it was when the run was made.
            limit: at most so many pairs, the first ones.
            half: those of one half of the prompts only.

        Returns:
            Columns prompt_ids, chosen_ids, rejected_ids, margin (0 where the data has none); and the counts.

        Raises:
            BadInput: nothing is left to train on, or the dataset has changed.
        """
        counts = Counts()
        rows = (row for row in self._rows(data) if is_in_half(row.prompt, half))
        columns = (
            {
                "prompt_ids": pair.prompt_ids,
                "chosen_ids": pair.chosen_ids,
                "rejected_ids": pair.rejected_ids,
                "margin": pair.margin or 0.0,
            }
            for pair in islice(self._kept_pairs(rows, counts), limit)
        )
        return self._dataset(columns, _PAIR_SCHEMA, data, counts), counts

    def texts(self, data: DataInput, completion_only: bool, limit: int | None = None) -> tuple[Dataset, Counts]:
        """Reads demonstrations, or the chosen responses of a preference dataset.

        Args:
            data, limit: as in `pairs`.
            completion_only: the loss passes over the prompt.

        Returns:
            Columns input_ids and labels; and the counts.

        Raises:
            BadInput: as in `pairs`.
        """
        counts = Counts()
        columns = islice(self._kept_texts(self._rows(data), completion_only, counts), limit)
        return self._dataset(columns, _TEXT_SCHEMA, data, counts), counts

    def _rows(self, data: DataInput) -> Iterator[Row]:
        folder = dataset_folder(self._session.project, data)
        return read_rows(folder, data.split)

    def _kept_pairs(self, rows: Iterable[Row], counts: Counts) -> Iterator[EncodedPair]:
        for row in rows:
            counts.read += 1
            if row.chosen is None or row.rejected is None:
                counts.incomplete += 1
                continue
            if row.tie:
                counts.ties += 1
                continue
            warn_of_plain_text([row.prompt], self._tokenizer, self._session)
            pair = encode_pair(
                row,
                self._tokenizer,
                max_length=self.max_length,
                append_eos=self._recipe.append_eos,
                end_id=self._end_id,
            )
            if pair.chosen_ids == pair.rejected_ids:
                counts.identical += 1
                continue
            counts.kept += 1
            counts.truncated += pair.truncated
            counts.margins += pair.margin is not None
            yield pair

    def _kept_texts(self, rows: Iterable[Row], completion_only: bool, counts: Counts) -> Iterator[dict[str, list[int]]]:
        for row in rows:
            counts.read += 1
            if row.chosen is None:
                counts.incomplete += 1
                continue
            if row.tie:
                counts.ties += 1
                continue
            warn_of_plain_text([row.prompt], self._tokenizer, self._session)
            counts.kept += 1
            prompt, response = self._fit(row.prompt, row.chosen, row.chosen_cut, counts)
            masked = [_IGNORED] * len(prompt) if completion_only else prompt
            yield {"input_ids": prompt + response, "labels": masked + response}

    def _fit(self, prompt: Turns, response: Turns, cut: bool, counts: Counts) -> tuple[list[int], list[int]]:
        """Encodes one text, shortened as `text.encode_pair` does."""
        end = ending(self._tokenizer, self._recipe.append_eos, cut, self._end_id)
        response_ids = encode_response(response, self._tokenizer, end)
        prompt_ids = encode_prompt(prompt, self._tokenizer)
        if len(prompt_ids) + len(response_ids) > self.max_length:
            counts.truncated += 1
            prompt_ids = encode_prompt(prompt, self._tokenizer, prompt_room(self.max_length, len(response_ids)))
        return prompt_ids, response_ids[: self.max_length - len(prompt_ids)]

    def _dataset(self, columns: Iterable[object], schema: pa.Schema, data: DataInput, counts: Counts) -> Dataset:
        stream = iter(columns)
        chunks = []
        while chunk := list(islice(stream, _CHUNK)):
            chunks.append(pa.RecordBatch.from_pylist(chunk, schema=schema))
        self._report(data, counts)
        table = InMemoryTable(pa.Table.from_batches(chunks, schema=schema))
        return Dataset(table, fingerprint=f"{data.sha256[:16]}-{data.split}-{self.max_length}-{len(table)}")

    def _report(self, data: DataInput, counts: Counts) -> None:
        name = f"{data.name}, {data.split or 'all'}"
        if counts.kept == 0:
            raise BadInput(
                f"Nothing to train on in {name}: of {counts.read} rows {counts.ties} are ties, {counts.incomplete} lack "
                f"a response, {counts.identical} do not fit {self.max_length} tokens.",
                "Use another dataset or split, or a model that reads longer texts.",
            )
        for n, code, what in (
            (counts.ties, "ties_dropped", "are ties and are left out: no response is preferred"),
            (counts.incomplete, "incomplete_dropped", "lack a response and are left out"),
            (
                counts.identical,
                "identical_dropped",
                f"are left out: cut to {self.max_length} tokens, both responses are alike",
            ),
            (counts.truncated, "truncated", f"are cut to {self.max_length} tokens, a prompt's beginning first"),
        ):
            if n:
                self._session.warn(code, f"{name}: {n} of {counts.read} rows ({n / counts.read:.1%}) {what}.")
