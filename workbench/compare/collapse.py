"""Has a policy collapsed? Empty, repetitive or never-ending text, or KL or entropy out of range, against its start model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from workbench.compare.samples import Samples, read_texts
from workbench.domain.samples import ENTROPY, KL, N_TOKENS

# There are no cut-offs that all agree on. These are far from what sound policies of every size were seen to do, so that
# whoever reads "collapsed" need not doubt it; what the start model does already is not held against a policy.
_MANY = 0.25  # of the responses, above the start model's share
_NEARLY_ALL, _HALF = 0.9, 0.5
_LOOPS = 0.5  # distinct-2 below it: "a b a b a b" has .4, sound text .8 to 1
_LONG_ENOUGH = 8  # words from which a response can be called repetitive
_FAR = 2.0  # nats a token: the policy's tokens are on the average e^2 times as likely as the start model's
_SURE, _UNSURE = 0.1, 2.0  # times the start model's entropy a token

DEFINITION = (
    "Collapsed: of its responses at the last checkpoint a quarter more than the start model's are empty, repetitive (of 8 "
    "words or more, with fewer than half of their word pairs distinct) or one and the same; or nine in ten reach the length "
    "limit where fewer than half of the start model's do; or KL is above 2 nats a token or not a number; or entropy a token "
    "is below a tenth or above twice the start model's; or training ended in NaN or a diverged KL."
)
DIVERGED = {"nan_loss": "the loss became NaN", "kl_diverged": "KL diverged"}  # outcomes' codes


@dataclass(frozen=True)
class Health:
    """What a checkpoint's responses are like: shares of them, and means a token in nats; NaN where not measured."""

    empty: float
    repetitive: float
    same: float
    unended: float
    kl: float
    entropy: float


def look_at(samples: Samples) -> Health:
    """Returns what a checkpoint's responses are like."""
    empty, repetitive, same = _texts(samples.path, samples.path.stat().st_mtime_ns)
    return Health(
        empty=empty,
        repetitive=repetitive,
        same=same,
        unended=float(1 - samples.ended.mean()) if len(samples) else np.nan,
        kl=_a_token(samples, KL),
        entropy=_a_token(samples, ENTROPY),
    )


def why_collapsed(policy: Health, start: Health | None) -> tuple[str, ...]:
    """Returns why a policy counts as collapsed, in words; nothing where it does not. See `DEFINITION`.

    Args:
        policy: at its last checkpoint.
        start: the start model; None where it was not evaluated, which then counts as sound.
    """
    base = start or Health(0.0, 0.0, 0.0, 0.0, 0.0, np.nan)
    found = [
        (policy.empty - base.empty >= _MANY, f"{_percent(policy.empty)} of responses are empty"),
        (policy.repetitive - base.repetitive >= _MANY, f"{_percent(policy.repetitive)} of responses are repetitive"),
        (policy.same - base.same >= _MANY, f"{_percent(policy.same)} of responses are the same one"),
        (
            policy.unended >= _NEARLY_ALL and base.unended < _HALF,
            f"{_percent(policy.unended)} of responses never end, the start model's {_percent(base.unended)}",
        ),
        (policy.kl > _FAR, f"KL is {policy.kl:.1f} nats a token"),
        (start is not None and np.isnan(policy.kl) and not np.isnan(base.kl), "KL is not a number"),
        (policy.entropy < _SURE * base.entropy, _entropy(policy, base)),
        (policy.entropy > _UNSURE * base.entropy, _entropy(policy, base)),
    ]
    return tuple(words for is_so, words in found if is_so)


def distinct_2(text: str) -> float:
    """Returns the share of a text's pairs of neighbouring words that are distinct; "a b a b a b" gives .4.

    1 where it has fewer than two words (Li et al. 1510.03055, section 5.2).
    """
    words = text.split()
    n_pairs = len(words) - 1
    return len(set(pairwise(words))) / n_pairs if n_pairs > 0 else 1.0


@lru_cache(maxsize=4096)
def _texts(path: Path, _changed_ns: int) -> tuple[float, float, float]:
    """Returns the shares of empty and repetitive responses, and of the commonest one."""
    _, responses = read_texts(path)
    if not responses:
        return np.nan, np.nan, np.nan
    commonest = Counter(text.strip() for text in responses).most_common(1)[0][1]
    return (
        _share([not text.strip() for text in responses]),
        _share([len(text.split()) >= _LONG_ENOUGH and distinct_2(text) < _LOOPS for text in responses]),
        commonest / len(responses) if len(responses) > 1 else 0.0,
    )


def _share(are_so: Sequence[bool]) -> float:
    return sum(are_so) / len(are_so)


def _a_token(samples: Samples, column: str) -> float:
    n_tokens, values = samples.column(N_TOKENS), samples.column(column)
    known = ~np.isnan(values) & ~np.isnan(n_tokens)
    total = float(n_tokens[known].sum())
    return float(values[known].sum()) / total if total else np.nan


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _entropy(policy: Health, base: Health) -> str:
    return f"entropy is {policy.entropy:.2f} nats a token, the start model's {base.entropy:.2f}"
