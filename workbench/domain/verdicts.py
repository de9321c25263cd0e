"""The columns of a judge's verdicts on pairs: one Parquet row for each question that was asked, two orders a pair."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Verdict = Literal["A", "B", "tie", "unparsed"]  # A stood first
Order = Literal["policy first", "rival first"]
ORDERS: tuple[Order, ...] = ("policy first", "rival first")

PROMPT_KEY = "prompt_key"  # str, names the prompt (domain.pairs.prompt_key)
PROMPT = "prompt"  # str, the rendered prompt
TURN = "turn"  # int, how many earlier responses to the same prompt the policy gave
SEED = "seed"  # int, of the policy's training
STEP = "step"  # int, the checkpoint
OPPONENT = "opponent"  # str, the evaluation whose responses the policy's are compared with
ORDER = "order"  # Order
VERDICT = "verdict"  # Verdict
REPLY = "reply"  # str, what the judge said, cut; empty where both responses are the same text, which is a tie unasked
TOKENS_IN = "tokens_in"  # int, of the question, as the endpoint counted them; 0 where it did not
TOKENS_OUT = "tokens_out"  # int, of the reply
CACHED = "cached"  # bool, the reply was known already and cost nothing now

FOLDER = "verdicts"  # of a judge run, with one file for each checkpoint


def outcome_of(verdict: str, order: str) -> float | None:
    """Returns 1 where the policy wins, 0 where it loses, one half in a tie, None where the reply was not understood."""
    if verdict == "tie":
        return 0.5
    if verdict not in ("A", "B"):
        return None
    return 1.0 if (verdict == "A") == (order == "policy first") else 0.0


def pair_outcome(first: float | None, second: float | None) -> float | None:
    """Returns what both orders of a pair come to: where they disagree, a tie (2306.05685, section 3.4).

    None where either reply was not understood: half a judgement would count the position that it favours.
    """
    if first is None or second is None:
        return None
    return first if first == second else 0.5


class Tally(NamedTuple):
    """How a judge judged. Questions that were not asked, since both responses are the same, count in `n_same` alone.

    Attributes:
        n_asked: questions, two a pair.
        n_unparsed: replies that were neither A, B nor tie.
        n_first: of the replies that named a side, those that named what stood first.
        n_sided: replies that named a side.
        n_agreeing: pairs that were judged alike in both orders.
        n_both: pairs of which both replies were understood.
        n_same: pairs of equal responses.
    """

    n_asked: int
    n_unparsed: int
    n_first: int
    n_sided: int
    n_agreeing: int
    n_both: int
    n_same: int

    @property
    def unparsed(self) -> float | None:
        """Share of the replies that were not understood."""
        return _share(self.n_unparsed, self.n_asked)

    @property
    def first_position(self) -> float | None:
        """Share of the one-sided replies that named what stood first; one half without a bias."""
        return _share(self.n_first, self.n_sided)

    @property
    def swap_consistency(self) -> float | None:
        """Share of the pairs that were judged alike in both orders."""
        return _share(self.n_agreeing, self.n_both)


def tally(pairs: Iterable[Mapping[str, str]], n_same: int = 0) -> Tally:
    """Counts the verdicts of pairs, each given as its verdict by its order."""
    n_asked = n_unparsed = n_first = n_sided = n_agreeing = n_both = 0
    for verdicts in pairs:
        said = list(verdicts.values())
        n_asked += len(said)
        n_unparsed += said.count("unparsed")
        n_first += said.count("A")
        n_sided += said.count("A") + said.count("B")
        outcomes = [outcome_of(verdict, order) for order, verdict in verdicts.items()]
        if len(outcomes) == len(ORDERS) and None not in outcomes:
            n_both += 1
            n_agreeing += outcomes[0] == outcomes[1]
    return Tally(n_asked, n_unparsed, n_first, n_sided, n_agreeing, n_both, n_same)


def _share(n: int, total: int) -> float | None:
    return n / total if total else None
