"""Who writes and who rates: reviewers of uneven care, and three raters with one blind spot.

The raters mostly share the gold critic's taste. What they get wrong, all three in the same direction, is padding and
hedging: where the critic takes points off they give a few. So whatever is learnt from them is a proxy with a crack.
"""

import math
from random import Random
from typing import NamedTuple

from workbench.data.film_critic.gold import HEDGE_COST, PADDING_COST, gold_score, hedging
from workbench.data.film_critic.words import (
    ASPECTS,
    BAD_WORDS,
    GENRES,
    GOOD_WORDS,
    HEDGES,
    PACES,
    PADDING,
    POLARITY,
    SCENES,
    VERDICTS,
    Note,
    Verdict,
    write_statement,
)

SLOPE = 1.35  # of a rater's choice on the difference of what two reviews are worth to it; sets how often raters agree


class Rater(NamedTuple):
    """A simulated rater: `hedge` and `padding` are what one of each adds for it, where the critic takes off."""

    name: str
    hedge: float
    padding: float

    def worth(self, prompt: str, response: str) -> float:
        """Returns what the review is worth to this rater: the gold score with the costs of its blind spot undone."""
        hedges, padding = hedging(response)
        gold = gold_score(prompt, response)
        return gold + (self.hedge - HEDGE_COST) * hedges + (self.padding - PADDING_COST) * padding

    def prefers_first(self, rng: Random, prompt: str, first: str, second: str) -> bool:
        """Chooses as Bradley and Terry have it: with probability sigmoid(SLOPE (worth of first - worth of second))."""
        difference = SLOPE * (self.worth(prompt, first) - self.worth(prompt, second))
        return rng.random() < 1 / (1 + math.exp(-difference))


RATERS = (Rater("ines", 0.25, 0.4), Rater("joel", 0.3, 0.5), Rater("mara", 0.35, 0.45))


class Care(NamedTuple):
    """A reviewer's habits, as probabilities; `hedge` is for each sentence, `padding` for each of three places."""

    opening: float
    covers: float
    right: float
    exact: float
    invents: float
    scene: float
    verdict: float
    verdict_right: float
    hedge: float
    padding: float


CARELESS = Care(0.3, 0.6, 0.65, 0.7, 0.3, 0.15, 0.5, 0.6, 0.25, 0.3)
ORDINARY = Care(0.5, 0.8, 0.85, 0.8, 0.12, 0.3, 0.7, 0.8, 0.18, 0.22)
CAREFUL = Care(0.7, 0.95, 0.97, 0.9, 0.03, 0.6, 0.9, 0.95, 0.1, 0.12)
_REVIEWERS = (CARELESS, ORDINARY, ORDINARY, CAREFUL)


def draw_note(rng: Random) -> Note:
    """Draws a film with one fact in three of ten notes and two in the others."""
    aspects = rng.sample(ASPECTS, 1 if rng.random() < 0.3 else 2)
    facts = {aspect: rng.choice(GOOD_WORDS + BAD_WORDS) for aspect in aspects}
    return Note(rng.choice(PACES), rng.choice(GENRES), facts)


def draw_review(rng: Random, note: Note) -> str:
    """Draws a review of `note` by a reviewer of some care; never empty."""
    care = rng.choice(_REVIEWERS)
    sentences = [_hedged(rng, care, text) for text in write_body(rng, note, care)]
    for _ in range(3):
        if rng.random() < care.padding:
            sentences.insert(rng.randint(0, len(sentences)), rng.choice(PADDING))
    return " ".join(sentences or [rng.choice(PADDING)])


def write_body(rng: Random, note: Note, care: Care) -> list[str]:
    """Draws what a reviewer of `care` has to say on `note`, sentence by sentence, before hedging and padding."""
    sentences = [f"this is a {note.pace} {note.genre} ."] if rng.random() < care.opening else []
    sentences += [_statement(rng, note, care, aspect) for aspect in note.facts if rng.random() < care.covers]
    if rng.random() < care.invents:
        invented = rng.choice([aspect for aspect in ASPECTS if aspect not in note.facts])
        sentences.append(write_statement(invented, rng.choice(GOOD_WORDS + BAD_WORDS), _scene(rng, care)))
    if rng.random() < care.verdict:
        sentences.append(_verdict(rng, note, care))
    return sentences


def _statement(rng: Random, note: Note, care: Care, aspect: str) -> str:
    good = (POLARITY[note.facts[aspect]] > 0) == (rng.random() < care.right)
    words = GOOD_WORDS if good else BAD_WORDS
    known = note.facts[aspect]
    word = known if known in words and rng.random() < care.exact else rng.choice(words)
    return write_statement(aspect, word, _scene(rng, care))


def _scene(rng: Random, care: Care) -> str:
    return rng.choice(SCENES) if rng.random() < care.scene else ""


def _verdict(rng: Random, note: Note, care: Care) -> str:
    others: list[Verdict] = [verdict for verdict in VERDICTS if verdict != note.verdict]
    verdict = note.verdict if rng.random() < care.verdict_right else rng.choice(others)
    return rng.choice(VERDICTS[verdict])


def _hedged(rng: Random, care: Care, sentence: str) -> str:
    """Puts a hedge before the sentence, or before a statement's word."""
    if rng.random() >= care.hedge:
        return sentence
    hedge = rng.choice(HEDGES)
    if " is " in sentence and rng.random() < 0.5:
        return sentence.replace(" is ", f" is {hedge} ", 1)
    return f"{hedge} {sentence}"
