"""Two evaluations' responses put side by side, prompt by prompt, and the verdicts on them as columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.data.pairwise.asking import Asked
from workbench.data.pairwise.question import Pair, read_reply
from workbench.domain import samples as sampled
from workbench.domain import verdicts as column
from workbench.domain.errors import BadInput

_KEPT = 500  # characters of a reply
_SCHEMA = pa.schema(
    [
        (column.PROMPT_KEY, pa.string()),
        (column.PROMPT, pa.string()),
        (column.TURN, pa.int64()),
        (column.SEED, pa.int64()),
        (column.STEP, pa.int64()),
        (column.OPPONENT, pa.string()),
        (column.ORDER, pa.string()),
        (column.VERDICT, pa.string()),
        (column.REPLY, pa.string()),
        (column.TOKENS_IN, pa.int64()),
        (column.TOKENS_OUT, pa.int64()),
        (column.CACHED, pa.bool_()),
    ]
)


class Match(NamedTuple):
    """A prompt with the policy's response and its rival's; `turn` counts earlier responses to the same prompt."""

    key: str
    turn: int
    pair: Pair

    @property
    def is_same(self) -> bool:
        """Says whether both responses are the same text, which is a tie that nobody need be asked about."""
        return self.pair.first == self.pair.second


def match_answers(answers: Path, rivals: Path, max_prompts: int | None = None) -> list[Match]:
    """Pairs the responses of two files of samples by prompt, in the order of the first.

    Args:
        answers, rivals: the policy's and the rival's samples.
        max_prompts: at most so many different prompts, the first ones.

    Raises:
        BadInput: a file is no file of samples, or they share no prompt.
    """
    others = {(key, turn): response for key, turn, _, response in _rows(rivals)}
    found = [
        Match(key, turn, Pair(prompt, response, others[key, turn]))
        for key, turn, prompt, response in _rows(answers)
        if (key, turn) in others
    ]
    if not found:
        raise BadInput(f"{answers} and {rivals} share no prompt, so nothing can be compared.", "Evaluate both alike.")
    chosen = set(list(dict.fromkeys(match.key for match in found))[:max_prompts])
    return [match for match in found if match.key in chosen]


def questions(matches: Sequence[Match]) -> list[Pair]:
    """Returns what is to be asked: both orders of every match whose responses differ."""
    return [pair for match in matches if not match.is_same for pair in (match.pair, match.pair.swapped())]


def verdict_table(matches: Sequence[Match], asked: Sequence[Asked], about: Mapping[str, object]) -> pa.Table:
    """Returns two rows for each match.

    Args:
        matches: as given to `questions`.
        asked: the replies to those.
        about: seed, step and opponent.
    """
    replies = iter(asked)
    rows = []
    for match in matches:
        for order in column.ORDERS:
            row = {column.PROMPT_KEY: match.key, column.TURN: match.turn, column.PROMPT: match.pair.prompt, **about}
            rows.append(row | {column.ORDER: order} | (_SAME if match.is_same else _said(next(replies))))
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


_SAME = {column.VERDICT: "tie", column.REPLY: "", column.TOKENS_IN: 0, column.TOKENS_OUT: 0, column.CACHED: True}


def _said(asked: Asked) -> dict[str, object]:
    reply = asked.reply
    return {
        column.VERDICT: read_reply(reply.text),
        column.REPLY: reply.text[:_KEPT],
        column.TOKENS_IN: reply.tokens_in,
        column.TOKENS_OUT: reply.tokens_out,
        column.CACHED: asked.cached,
    }


def _rows(path: Path) -> list[tuple[str, int, str, str]]:
    """Returns prompt key, turn, prompt and response of every row."""
    wanted = [sampled.PROMPT_KEY, sampled.PROMPT, sampled.RESPONSE]
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(wanted, use_threads=False)
    except (pa.ArrowInvalid, KeyError, FileNotFoundError) as error:
        raise BadInput(f"{path} is no file of samples: {error}.", "Evaluate the run again.") from error
    seen: dict[str, int] = {}
    rows = []
    for key, prompt, response in zip(*(table[name].to_pylist() for name in wanted), strict=True):
        seen[key] = seen.get(key, -1) + 1
        rows.append((key, seen[key], prompt, response))
    return rows
