from pathlib import Path
from typing import Any

from workbench.data.importing import import_file
from workbench.data.readers.ranked_trees import READER
from workbench.domain.pairs import Message


def _reply(text: str, rank: int | None, *replies: dict[str, Any], role: str = "assistant") -> dict[str, Any]:
    return {"message_id": text, "text": text, "role": role, "rank": rank, "replies": list(replies)}


def _read(*replies: dict[str, Any]) -> list[tuple[str, str]]:
    rows = READER.read({"message_tree_id": "t", "prompt": _reply("Hi", None, *replies, role="prompter")})
    return [((row.chosen or ())[0].content, (row.rejected or ())[0].content) for row in rows]


def test_three_ranked_replies_are_three_ordered_pairs():
    assert _read(_reply("c", 2), _reply("a", 0), _reply("b", 1)) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_equal_ranks_and_replies_without_one_make_no_pair():
    assert _read(_reply("a", 0), _reply("b", 0), _reply("c", None)) == []


def test_deeper_replies_have_the_whole_conversation_as_prompt():
    more = _reply("More", None, _reply("x", 0), _reply("y", 1), role="prompter")
    rows = list(
        READER.read({"message_tree_id": "t", "prompt": _reply("Hi", None, _reply("a", 0, more), role="prompter")})
    )
    assert rows[0].prompt == (Message("user", "Hi"), Message("assistant", "a"), Message("user", "More"))


def test_the_real_trees_give_754_pairs(shared: Path, tmp_path: Path):
    record, _, _ = import_file(shared / "preferences/oasst/en_100_tree.jsonl", tmp_path / "oasst", "oasst")
    assert (record.n_rows, record.n_prompts) == (754, 212)
