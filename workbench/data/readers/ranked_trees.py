"""OpenAssistant's trees: replies to a message are ranked from 0, the best; every two siblings of different rank are a pair.

https://github.com/LAION-AI/Open-Assistant, the `trees` export. The prompt is the conversation down to the message.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from workbench.data.fields import FieldError, Values, kind_of, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Message, Row, Turns

_ROLES = {"prompter": "user", "assistant": "assistant"}
_COLUMNS = ("message_tree_id", "prompt")


def _read(values: Values) -> Iterable[Row]:
    tree = required(values, "message_tree_id")
    waiting: list[tuple[Any, Turns]] = [(required(values, "prompt"), ())]
    while waiting:  # not recursive: a tree may be as deep as a long talk
        node, before = waiting.pop()
        path = (*before, _message(node))
        replies = node.get("replies") or []
        yield from _pairs(path, replies, str(tree))
        waiting.extend((reply, path) for reply in reversed(replies))


def _message(node: Any) -> Message:
    if not isinstance(node, Mapping) or not isinstance(node.get("text"), str):
        raise FieldError("prompt", f"holds {kind_of(node)} as a message", "messages with text and role", "")
    if node.get("role") not in _ROLES:
        raise FieldError("prompt", f"has the role {node.get('role')!r}", " or ".join(_ROLES), "Correct the tree.")
    return Message(_ROLES[node["role"]], node["text"])


def _pairs(prompt: Turns, replies: list[Any], tree: str) -> Iterator[Row]:
    ranked = [reply for reply in replies if isinstance(reply, Mapping) and isinstance(reply.get("rank"), int)]
    for one, other in combinations(sorted(ranked, key=lambda reply: int(reply["rank"])), 2):
        if one["rank"] == other["rank"]:
            continue  # not ordered
        ids = {"chosen_id": one.get("message_id"), "rejected_id": other.get("message_id")}
        ranks = {"chosen_rank": one["rank"], "rejected_rank": other["rank"]}
        metadata = {"message_tree_id": tree, "lang": one.get("lang"), **ids, **ranks}
        yield Row(prompt, (_message(one),), (_message(other),), metadata=metadata)


READER = Reader(
    name="oasst",
    title="trees of ranked replies",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    read=_read,
    fits=lambda values: isinstance(values.get("prompt"), Mapping),
    rank=1,
    judged=True,
)
