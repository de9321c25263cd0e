import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.data.importing import iterate_rows
from workbench.data.writing import write_rows
from workbench.domain.errors import BadSetting
from workbench.domain.pairs import DatasetKind, Message, Rating, Row, plain

_SUFFIXES = ("jsonl", "jsonl.gz", "parquet")
_text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30).filter(
    lambda text: not text.isspace()
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
_number = st.none() | st.floats(allow_nan=False, allow_infinity=False)
_metadata = st.dictionaries(_text.map(lambda name: f"x {name}"), _json, max_size=3)
_ratings = st.lists(st.builds(Rating, _text, st.sampled_from(["chosen", "rejected", "tie"])), max_size=3).map(tuple)


@st.composite
def _chats(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """A chat of one to three rounds, perhaps under a system message, with two answers to its end."""
    prompt = [Message("system", draw(_text))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        prompt += [Message("user", draw(_text)), Message("assistant", draw(_text))]
    prompt.append(Message("user", draw(_text)))
    answers = draw(st.lists(_text, min_size=2, max_size=2, unique=True))
    return tuple(prompt), *((Message("assistant", answer),) for answer in answers)


_texts = (
    st.tuples(_text, _text, _text)
    .filter(lambda texts: texts[1] != texts[2])
    .map(lambda texts: tuple(map(plain, texts)))
)


@st.composite
def _preferences(draw: st.DrawFn) -> Row:
    prompt, chosen, rejected = draw(_chats() | _texts)
    cuts = draw(st.tuples(st.booleans(), st.booleans()))
    numbers = draw(st.tuples(_number, _number, _number))
    return Row(prompt, chosen, rejected, draw(st.booleans()), draw(_ratings), *numbers, *cuts, draw(_metadata))


@st.composite
def _thumbs(draw: st.DrawFn) -> Row:
    prompt, said, _ = draw(_chats() | _texts)
    liked = draw(st.booleans())
    return Row(prompt, said if liked else None, None if liked else said, metadata=draw(_metadata))


_MANY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _round_trip(rows: list[Row], kind: DatasetKind, path: Path, reader: str) -> list[Row]:
    assert write_rows(rows, path, kind) == len(rows)
    return list(iterate_rows(path, format=reader))


@pytest.mark.parametrize("suffix", _SUFFIXES)
@_MANY
@given(rows=st.lists(_preferences(), min_size=1, max_size=4))
def test_chats_system_messages_ties_raters_margins_scores_and_metadata_survive(
    tmp_path: Path, suffix: str, rows: list[Row]
):
    assert _round_trip(rows, DatasetKind.PREFERENCE, tmp_path / f"rows.{suffix}", "trl") == rows


@pytest.mark.parametrize("suffix", _SUFFIXES)
@_MANY
@given(rows=st.lists(_thumbs(), min_size=1, max_size=4))
def test_thumbs_survive(tmp_path: Path, suffix: str, rows: list[Row]):
    assert _round_trip(rows, DatasetKind.THUMBS, tmp_path / f"rows.{suffix}", "kto") == rows


@pytest.mark.parametrize("suffix", _SUFFIXES)
def test_demonstrations_and_prompts_survive(tmp_path: Path, suffix: str):
    shown = [
        Row(plain("p"), chosen=plain("c"), chosen_cut=True),
        Row(plain("q"), chosen=plain("d"), metadata={"id": 1}),
    ]
    asked = [Row(plain("p")), Row((Message("user", "Hi"),), metadata={"id": [1, None]})]
    assert _round_trip(shown, DatasetKind.DEMONSTRATION, tmp_path / f"shown.{suffix}", "demonstrations") == shown
    assert _round_trip(asked, DatasetKind.PROMPTS, tmp_path / f"asked.{suffix}", "prompts") == asked


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_what_is_written_is_recognised_without_being_told(tmp_path: Path, suffix: str):
    rows = [Row(plain("p"), plain("a"), plain("b"), tie=True, ratings=(Rating("anna", "tie"),))]
    path = tmp_path / f"rows.{suffix}"
    write_rows(rows, path, DatasetKind.PREFERENCE)
    assert list(iterate_rows(path)) == rows


def test_plain_pairs_are_written_exactly_as_trl_names_them(tmp_path: Path):
    rows = [Row(plain("p"), plain(" a"), plain(" b"))]
    write_rows(rows, tmp_path / "rows.jsonl", DatasetKind.PREFERENCE)
    write_rows(rows, tmp_path / "rows.parquet", DatasetKind.PREFERENCE)
    assert json.loads((tmp_path / "rows.jsonl").read_text()) == {"prompt": "p", "chosen": " a", "rejected": " b"}
    [row] = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert (row["prompt"], row["chosen"], row["rejected"]) == ("p", " a", " b")


def test_metadata_that_utf8_cannot_hold_survives(tmp_path: Path):
    rows = [Row(plain("é"), plain("a"), plain("b"), metadata={"half": "\ud83d"})]
    for suffix in ("jsonl", "parquet"):
        assert _round_trip(rows, DatasetKind.PREFERENCE, tmp_path / f"rows.{suffix}", "trl") == rows


def test_another_kind_of_file_is_refused_and_nothing_is_written(tmp_path: Path):
    with pytest.raises(BadSetting, match=r"written as \.jsonl"):
        write_rows([], tmp_path / "rows.xlsx", DatasetKind.PROMPTS)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text("old")

    def rows() -> Any:
        yield Row(plain("p"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_rows(rows(), path, DatasetKind.PROMPTS)
    assert (path.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)
