"""What is left out of a dataset, and that it is said."""

from pathlib import Path
from typing import Any

import pytest

from workbench.data.growing import add_rows, make_dataset
from workbench.data.store import read_rows
from workbench.domain.errors import BadInput
from workbench.domain.events import Warned
from workbench.domain.pairs import DatasetKind, Row, plain
from workbench.domain.records import DataInput
from workbench.training.batches import Encoder
from workbench.training.device import choose_device
from workbench.training.inputs import dataset_folder
from workbench.training.models import load_policy

Runs = Any


def encoder(runs: Runs, rows: list[Row], **recipe: object) -> tuple[Encoder, Any, Any]:
    data = runs.add_data(rows)
    folder = runs.add("dpo", data, **recipe)
    session = runs.open(folder)
    model, tokenizer = load_policy(runs.stories, choose_device("cpu"))
    return Encoder(session, session.job.recipe, model, tokenizer), data, folder


def said(runs: Runs, folder: Any) -> dict[str, str]:
    return {event.code: event.message for event in runs.events(folder) if isinstance(event, Warned)}


def test_ties_and_rows_without_a_second_response_are_left_out_aloud(runs: Runs) -> None:
    rows = [
        *runs.story_pairs(6),
        Row(plain("One"), plain(" a"), plain(" b"), tie=True),
        Row(plain("Two"), plain(" a")),
        Row(plain("Three"), None, plain(" b")),
    ]
    coder, data, folder = encoder(runs, rows)
    pairs, counts = coder.pairs(data)
    assert len(pairs) == counts.kept == 6
    assert (counts.read, counts.ties, counts.incomplete) == (9, 1, 2)
    assert said(runs, folder)["ties_dropped"].startswith("pairs, train: 1 of 9 rows (11.1%) are ties")
    assert "2 of 9" in said(runs, folder)["incomplete_dropped"]


def test_pairs_that_cutting_makes_alike_are_counted_and_left_out(runs: Runs) -> None:
    same = " the very same long beginning of a response that goes on and on"
    rows = [*runs.story_pairs(3), Row(plain("One day"), plain(f"{same} well"), plain(f"{same} badly"))]
    coder, data, folder = encoder(runs, rows, max_length=24)
    pairs, counts = coder.pairs(data)
    assert (len(pairs), counts.identical) == (3, 1)
    assert "alike" in said(runs, folder)["identical_dropped"]


def test_the_share_of_cut_pairs_is_said(runs: Runs) -> None:
    rows = [*runs.story_pairs(3), Row(plain("One day " * 40), plain(" yes"), plain(" no"))]
    coder, data, folder = encoder(runs, rows, max_length=48)
    pairs, counts = coder.pairs(data)
    assert (counts.truncated, counts.kept) == (1, 4)
    assert "1 of 4 rows (25.0%) are cut to 48 tokens" in said(runs, folder)["truncated"]
    assert all(len(row["prompt_ids"]) + len(row["chosen_ids"]) <= 48 for row in pairs)


def test_the_longest_sequence_is_never_above_what_the_model_can_read(runs: Runs) -> None:
    coder, _, _ = encoder(runs, runs.story_pairs(1), max_length=100_000)
    assert coder.max_length == 512


def test_nothing_left_is_an_error_that_counts(runs: Runs) -> None:
    coder, data, _ = encoder(runs, [Row(plain("One"), plain(" a"), plain(" b"), tie=True)])
    with pytest.raises(BadInput, match="of 1 rows 1 are ties"):
        coder.pairs(data)


def test_the_loss_passes_over_prompts_unless_told_otherwise(runs: Runs) -> None:
    coder, data, _ = encoder(runs, runs.story_pairs(2))
    masked, _ = coder.texts(data, completion_only=True)
    whole, _ = coder.texts(data, completion_only=False)
    for row, full in zip(masked, whole, strict=True):
        n_prompt = row["labels"].count(-100)
        assert n_prompt > 0
        assert row["labels"][n_prompt:] == row["input_ids"][n_prompt:]
        assert full["labels"] == full["input_ids"] == row["input_ids"]


def test_a_liked_response_alone_is_a_demonstration(runs: Runs) -> None:
    rows = [Row(plain("One"), plain(" a")), Row(plain("Two"), None, plain(" b"))]
    coder, data, _ = encoder(runs, rows)
    texts, counts = coder.texts(data, completion_only=True)
    assert (len(texts), counts.incomplete) == (1, 1)


def test_a_limit_takes_the_first_rows(runs: Runs) -> None:
    coder, data, _ = encoder(runs, runs.story_pairs(9))
    assert len(coder.pairs(data, limit=4)[0]) == 4


def test_a_run_reads_what_it_was_made_for_after_the_dataset_has_grown(tmp_path: Path) -> None:
    rows = [Row(plain(f"prompt {i}"), plain(" yes"), plain(" no")) for i in range(8)]
    folder = tmp_path / "datasets" / "pairs"
    before = make_dataset(folder, "pairs", DatasetKind.PREFERENCE, rows, "a test")
    after = add_rows(folder, before, [Row(plain("new"), plain(" yes"), plain(" no"))])
    old, new = (DataInput(name="pairs", sha256=record.content_sha256) for record in (before, after))
    assert list(read_rows(dataset_folder(tmp_path, old))) == rows
    assert len(list(read_rows(dataset_folder(tmp_path, new)))) == 9
    with pytest.raises(BadInput, match="not those that the run was made for"):
        dataset_folder(tmp_path, DataInput(name="pairs", sha256="0" * 64))
