from workbench.data.columns import SCHEMA, Placed, from_batch, to_batch
from workbench.domain.pairs import Message, Rating, Row, plain

_FULL = Row(
    (Message("system", "s"), Message("user", "u")),
    (Message("assistant", "a"),),
    (Message("assistant", "b"), Message("user", "c"), Message("assistant", "")),
    tie=True,
    ratings=(Rating("anna", "tie"), Rating("anna", "chosen")),
    margin=0.25,
    gold_chosen=1.0,
    gold_rejected=-1.0,
    chosen_cut=True,
    rejected_cut=True,
    metadata={"id": 3, "tags": ["x", None], "half": "\ud83d"},
)


def test_rows_come_back_as_they_went_in():
    rows = [_FULL, Row(plain("p")), Row(plain("p"), rejected=plain("no"))]
    batch = to_batch([Placed(i, "train", f"{i:016x}", row) for i, row in enumerate(rows)])
    assert batch.schema == SCHEMA
    assert list(from_batch(batch)) == rows


def test_a_response_that_is_not_there_is_null_and_not_empty():
    batch = to_batch([Placed(0, "test", "0" * 16, Row(plain("p"), chosen=()))])
    assert batch.column("chosen").to_pylist() == [[]]
    assert batch.column("rejected").to_pylist() == [None]
