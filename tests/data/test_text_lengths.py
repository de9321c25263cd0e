import json

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from workbench import api
from workbench.data.text_lengths import text_lengths
from workbench.domain.errors import NotFound
from workbench.storage.project import Project


@pytest.fixture
def folder(tmp_path):
    pairs = [{"prompt": f"a b c {i:02}", "chosen": "a b", "rejected": "a b c d"} for i in range(20)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    project = Project.create(tmp_path / "p")
    api.import_dataset(project, tmp_path / "pairs.jsonl", "pairs")
    return project.dataset_folder("pairs")


def test_without_a_tokenizer_a_token_is_four_characters(folder):
    assert text_lengths(folder, None, None) == (8 / 4, 3 / 4, 7 / 4)


def test_a_tokenizer_counts_for_itself(folder, tmp_path):
    words = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    assert text_lengths(folder, "train", tmp_path / "tokenizer.json") == (4, 2, 4)


def test_a_tokenizer_that_cannot_be_read_is_done_without(folder, tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    assert text_lengths(folder, None, tmp_path / "tokenizer.json") == (2, 0.75, 1.75)


def test_rows_that_are_gone_are_said_to_be(tmp_path):
    with pytest.raises(NotFound):
        text_lengths(tmp_path, None, None)
