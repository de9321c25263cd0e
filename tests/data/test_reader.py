import pytest

from workbench.data.reader import Reader, find_readers, renamed
from workbench.domain.pairs import DatasetKind

_READER = Reader(
    "x", "an example", DatasetKind.PROMPTS, ("prompt", "label"), lambda _: (), aliases={"label": ("tag", "kto_tag")}
)


def test_every_module_of_the_folder_is_a_reader_with_a_name_of_its_own():
    names = [reader.name for reader in find_readers()]
    assert len(set(names)) == len(names) == 16


@pytest.mark.parametrize("reader", find_readers(), ids=lambda reader: reader.name)
def test_a_record_without_columns_lacks_all_that_a_reader_requires(reader: Reader):
    assert tuple(reader.missing([])) == reader.required


def test_an_alias_stands_in_for_a_column_that_is_not_there():
    assert _READER.renames(["prompt", "kto_tag"]) == {"kto_tag": "label"}
    assert _READER.renames(["prompt", "label", "tag"]) == {}
    assert _READER.missing(["prompt", "tag"]) == []


def test_the_first_of_several_aliases_wins():
    assert _READER.renames(["kto_tag", "tag"]) == {"tag": "label"}


def test_renaming_keeps_a_column_whose_name_is_taken():
    assert renamed({"prompt": 1, "instruction": 2}, {"instruction": "prompt"}) == {"source_prompt": 1, "prompt": 2}


def test_columns_can_be_exchanged():
    assert renamed({"chosen": "b", "rejected": "a"}, {"chosen": "rejected", "rejected": "chosen"}) == {
        "rejected": "b", "chosen": "a",
    }  # fmt: skip
