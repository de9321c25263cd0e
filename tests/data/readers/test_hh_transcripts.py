from pathlib import Path

import pytest

from workbench.data.fields import FieldError
from workbench.data.importing import import_file
from workbench.data.readers.hh_transcripts import READER
from workbench.domain.pairs import Message


def test_a_transcript_is_split_at_the_last_common_assistant_turn():
    start = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Help me.\n\nAssistant:"
    [row] = READER.read({"chosen": f"{start} Gladly.", "rejected": f"{start} No."})
    assert row.prompt == (Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Help me."))
    assert (row.chosen, row.rejected) == ((Message("assistant", "Gladly."),), (Message("assistant", "No."),))


def test_transcripts_of_different_length_are_split_where_they_part():
    [row] = READER.read(
        {
            "chosen": "\n\nHuman: Hi\n\nAssistant: A\n\nHuman: B\n\nAssistant: C",
            "rejected": "\n\nHuman: Hi\n\nAssistant: D",
        }
    )
    assert row.prompt == (Message("user", "Hi"),)
    assert [content for _, content in row.chosen or ()] == ["A", "B", "C"]


def test_a_text_that_is_no_transcript_is_refused():
    with pytest.raises(FieldError, match="does not begin with a turn"):
        READER.read({"chosen": "Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: D"})


def test_the_real_file_imports_whole_with_its_four_empty_answers(shared: Path, tmp_path: Path):
    record, detection, rejects = import_file(
        shared / "preferences/hh_harmless/pairs-first1156.jsonl.gz", tmp_path / "hh", "hh"
    )
    assert (record.n_rows, record.n_skipped, detection.reader, rejects) == (1156, 0, "hh", None)
