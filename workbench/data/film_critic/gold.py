"""The gold critic: a known taste in reviews, written down as a function of the note and the review alone.

It rewards what the note bears out, concreteness and the right verdict, and takes off for contradiction, invention,
repetition, padding and hedging. No model is in it, so it cannot be pleased by anything but its rules.
"""

from collections.abc import Sequence

from workbench.data.film_critic.words import POLARITY, Note, Sentence, read_note, read_review

OPENING_RIGHT, OPENING_WRONG = 0.3, -0.5
EXACT_WORD, RIGHT_SIDE, CONTRADICTION, INVENTION = 1.0, 0.6, -1.0, -0.5
SCENE = 0.4  # a statement that the note bears out and that says where in the film
VERDICT_RIGHT, VERDICT_WRONG = 1.0, -1.0
REPETITION = -0.5
UNCLEAR = -0.4
PADDING_COST = -0.35
HEDGE_COST = -0.3
SILENCE = -1.0  # nothing was said at all


def gold_scores(prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
    """Returns the gold critic's score of each review for its note: about -3 (poor) to 4.1 (everything right)."""
    return [gold_score(prompt, response) for prompt, response in zip(prompts, responses, strict=True)]


def gold_score(prompt: str, response: str) -> float:
    """Returns one score. A prompt that is not a film note has no facts, so that every statement on it is invented."""
    note = read_note(prompt) or Note("", "", {})
    sentences = read_review(response)
    if not sentences:
        return SILENCE
    score, said = 0.0, set[str]()
    for sentence in sentences:
        key = _subject(sentence)
        score += REPETITION if key in said else _worth(sentence, note)
        score += HEDGE_COST * sentence.hedges
        said.add(key)
    return round(score, 6)


def hedging(response: str) -> tuple[int, int]:
    """Returns how many hedging phrases and how many padding sentences a review holds: the raters' blind spot."""
    sentences = read_review(response)
    return sum(s.hedges for s in sentences), sum(s.kind == "padding" for s in sentences)


def _subject(sentence: Sentence) -> str:
    """What a sentence is about. Whoever speaks of the same thing twice, in whatever words, repeats or contradicts."""
    if sentence.kind == "statement":
        return sentence.subject
    return sentence.text if sentence.kind in {"padding", "unclear"} else sentence.kind


def _worth(sentence: Sentence, note: Note) -> float:
    match sentence.kind:
        case "opening":
            return OPENING_RIGHT if sentence[3:5] == (note.pace, note.genre) else OPENING_WRONG
        case "statement":
            return _worth_of_statement(sentence, note)
        case "verdict":
            return VERDICT_RIGHT if note.facts and sentence.word == note.verdict else VERDICT_WRONG
        case "padding":
            return PADDING_COST
    return UNCLEAR


def _worth_of_statement(sentence: Sentence, note: Note) -> float:
    known = note.facts.get(sentence.subject)
    if known is None:
        return INVENTION
    if POLARITY[known] != POLARITY[sentence.word]:
        return CONTRADICTION
    return (EXACT_WORD if known == sentence.word else RIGHT_SIDE) + (SCENE if sentence.scene else 0.0)
