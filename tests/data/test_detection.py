import json
from pathlib import Path
from typing import Any

import pytest

from workbench.data.detection import choose_reader, detect
from workbench.data.tables import look_at
from workbench.domain.errors import BadInput, BadRow, BadSetting

_CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
_SHAREGPT = [{"from": "human", "value": "Hi"}]
_TRANSCRIPT = "\n\nHuman: Hi\n\nAssistant: Hello."


@pytest.fixture
def rows(tmp_path: Path) -> Any:
    def write(*records: dict[str, Any]) -> Path:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return path

    return write


@pytest.mark.parametrize(
    ("record", "reader"),
    [
        ({"prompt": "p", "chosen": "a", "rejected": "b"}, "trl"),
        ({"prompt": "p", "chosen": _CHAT, "rejected": _CHAT, "score_chosen": 5}, "trl"),
        ({"chosen": _CHAT, "rejected": _CHAT}, "trl-implicit"),
        ({"chosen": "p a", "rejected": "p b"}, "trl-implicit"),
        ({"chosen": _TRANSCRIPT, "rejected": _TRANSCRIPT}, "hh"),
        ({"conversations": _SHAREGPT, "chosen": {"from": "gpt", "value": "a"}, "rejected": {}}, "sharegpt"),
        ({"chosen_messages": _CHAT, "rejected_messages": _CHAT}, "messages"),
        ({"instruction": "i", "input": "", "chosen": "a", "rejected": "b"}, "alpaca-preference"),
        ({"instruction": "i", "input": "", "output": "o"}, "alpaca"),
        ({"prompt": "p", "completion": "c"}, "demonstrations"),
        ({"prompt": "p", "response": "c", "id": 3}, "demonstrations"),
        ({"messages": _CHAT}, "conversations"),
        ({"conversations": _SHAREGPT}, "conversations"),
        ({"prompt": "p", "completion": "c", "label": True}, "kto"),
        ({"messages": _CHAT, "label": False}, "kto-conversations"),
        ({"conversations": _SHAREGPT, "kto_tag": False}, "kto-conversations"),
        ({"input": "i", "output_1": "a", "output_2": "b", "label": 1}, "llmbar"),
        ({"instruction": "i", "input": "", "response1": "a", "response2": "b", "annotator1": 1}, "pandalm"),
        ({"prompt": "p", "response_a": "a", "response_b": "b", "ratings": {"x": "a"}}, "ratings"),
        ({"message_tree_id": "t", "prompt": {"text": "p", "role": "prompter", "replies": []}}, "oasst"),
        ({"prompt": "p"}, "prompts"),
        ({"prompt": _CHAT[:1], "topic": "cats"}, "prompts"),
    ],
)
def test_each_format_is_recognised_by_its_columns_and_values(rows: Any, record: dict[str, Any], reader: str):
    assert detect(rows(record)).reader == reader


def test_the_reason_names_the_columns(rows: Any):
    detection = detect(rows({"prompt": "p", "chosen": "a", "rejected": "b", "id": 1}))
    assert detection.why == "TRL preference pairs with a prompt column: found `prompt`, `chosen`, `rejected`"
    assert detection.columns == ("prompt", "chosen", "rejected", "id")


@pytest.mark.parametrize(
    ("record", "field", "hint"),
    [
        ({"prompt": "p", "chosen": "a", "rejectd": "b"}, "rejected", "Did you mean `rejectd`?"),
        ({"prompt": "p", "chosen": "a"}, "rejected", "--map rejected=COLUMN"),
        ({"promt": "p", "chosen": "a x", "rejected": "b y"}, "prompt", "Did you mean `promt`?"),
        ({"question": "p", "chosen": "a", "rejected": "b"}, "prompt", "--map prompt=question"),
        ({"prompt": "p", "completon": "c", "label": 1}, "completion", "Did you mean `completon`?"),
        ({"x": "p", "y": "c"}, "prompt", "--map prompt=COLUMN"),
    ],
)
def test_a_missing_or_misspelt_column_is_named_with_the_remedy(
    rows: Any, record: dict[str, Any], field: str, hint: str
):
    with pytest.raises(BadRow) as caught:
        detect(rows(record))
    assert (caught.value.field, caught.value.line) == (field, 1)
    assert caught.value.problem == "is missing"
    assert hint in caught.value.hint


def test_columns_are_known_from_later_rows_too(rows: Any):
    assert detect(rows({"prompt": "p", "chosen": "a"}, {"prompt": "p", "chosen": "a", "rejected": "b"})).reader == "trl"


def test_a_person_may_choose_the_format_and_name_columns(rows: Any):
    source = look_at(rows({"asked": "p", "good": "a", "bad": "b"}))
    chosen = choose_reader(source, "trl", {"prompt": "asked", "chosen": "good", "rejected": "bad"})
    assert chosen.names == {"asked": "prompt", "good": "chosen", "bad": "rejected"}
    assert chosen.detection.why == "as asked for"


def test_a_format_that_lacks_a_column_says_which(rows: Any):
    with pytest.raises(BadRow, match="`label` is missing"):
        choose_reader(look_at(rows({"prompt": "p", "completion": "c"})), "kto")


def test_a_format_that_does_not_exist_is_refused_with_the_nearest(rows: Any):
    with pytest.raises(BadSetting, match="Did you mean sharegpt"):
        choose_reader(look_at(rows({"prompt": "p"})), "share-gpt")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"prompt": "askd"}, "`askd` is no column of this file.*--map prompt=asked"),
        ({"promp": "asked"}, "no column `promp` .*Did you mean `prompt`"),
        ({"prompt": "asked", "metadata": "asked"}, "mapped twice"),
    ],
)
def test_a_map_that_cannot_be_is_refused(rows: Any, columns: dict[str, str], sentence: str):
    with pytest.raises(BadInput, match=sentence):
        choose_reader(look_at(rows({"asked": "p"})), "prompts" if "promp" in columns else None, columns)


def test_a_file_without_rows_is_refused(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text("[]")
    with pytest.raises(BadInput, match="holds no rows"):
        detect(path)
