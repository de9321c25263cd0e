"""The base model folder is plain JSON that the learning libraries read."""

import json
from pathlib import Path

from tokenizers import Tokenizer

from workbench.data.film_critic.model import SPECIAL, llama_config, tokenizer, write_base_model
from workbench.data.film_critic.words import vocabulary


def test_beginning_end_padding_and_unknown_are_four_different_tokens() -> None:
    words = tokenizer()["model"]["vocab"]
    assert [words[token] for token in SPECIAL] == [0, 1, 2, 3]
    assert len(words) == llama_config()["vocab_size"] == 4 + len(vocabulary())


def test_the_folder_says_the_same_ids_everywhere(tmp_path: Path) -> None:
    write_base_model(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    generation = json.loads((tmp_path / "generation_config.json").read_text(encoding="utf-8"))
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        assert config[name] == generation[name]


def test_the_tokenizer_reads_its_own_writing_back(tmp_path: Path) -> None:
    write_base_model(tmp_path)
    loaded = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = "a slow drama with a brilliant lead . it is what it is . sort of"
    ids = loaded.encode(text).ids
    assert loaded.decode(ids) == text
    assert loaded.decode([1, *ids, 2]) == text  # special tokens are left out
    assert loaded.encode("the dog").ids[1] == SPECIAL.index("<unk>")
