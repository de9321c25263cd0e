"""The film critic's language: how a note and a review are worded, and what each sentence of a review says.

Everything is lower-case words and full stops with one space between, so that a word-level tokenizer writes any text and
reads it back unchanged.
"""

from typing import Literal, NamedTuple

Polarity = Literal[1, -1]
Verdict = Literal["see", "rent", "skip"]

PACES = ("slow", "quick", "quiet", "loud", "long", "short")
GENRES = ("drama", "comedy", "thriller", "western", "musical", "romance", "mystery", "satire")
ASPECTS = ("lead", "script", "score", "ending", "villain", "setting", "plot", "cast", "twist", "pacing")
GOOD_WORDS = ("brilliant", "sharp", "lovely", "moving", "bold", "vivid")
BAD_WORDS = ("weak", "dull", "clumsy", "flat", "muddled", "tired")
SCENES = ("rain", "train", "court", "dinner", "dance", "final")
VERDICTS: dict[Verdict, tuple[str, ...]] = {
    "see": ("go see it .", "worth every penny ."),
    "rent": ("wait until it streams .", "fine for a rainy night ."),
    "skip": ("skip it .", "save your money ."),
}
HEDGES = ("perhaps", "maybe", "arguably", "sort of", "in a way", "i suppose")
PADDING = (
    "a film is a film after all .",
    "there is much one could say .",
    "movies are made of many things .",
    "time will tell .",
    "it is what it is .",
    "opinions differ as always .",
)
POLARITY: dict[str, Polarity] = {**dict.fromkeys(GOOD_WORDS, 1), **dict.fromkeys(BAD_WORDS, -1)}


class Note(NamedTuple):
    """What is known of a film: `facts` is aspect to word, as {"lead": "brilliant"}."""

    pace: str
    genre: str
    facts: dict[str, str]

    @property
    def verdict(self) -> Verdict:
        """What the facts add up to: more good than bad is worth seeing, a draw is for an evening at home."""
        balance = sum(POLARITY[word] for word in self.facts.values())
        return "see" if balance > 0 else "skip" if balance < 0 else "rent"


class Sentence(NamedTuple):
    """One sentence of a review, understood.

    Attributes:
        kind: what it does; `unclear` is one that is none of the others.
        hedges: how many hedging phrases stand in it.
        subject, word: of an opening ("slow", "drama") or a statement ("lead", "brilliant"); `word` of a verdict.
        scene: the scene that a statement names, if it does.
        text: without its hedges; two sentences with the same text repeat each other.
    """

    kind: Literal["opening", "statement", "verdict", "padding", "unclear"]
    hedges: int
    text: str
    subject: str = ""
    word: str = ""
    scene: str = ""


def write_note(note: Note) -> str:
    """Writes ``a slow drama with a brilliant lead and a weak ending .`` for such a note."""
    facts = " and ".join(f"a {word} {aspect}" for aspect, word in note.facts.items())
    return f"a {note.pace} {note.genre} with {facts} ."


def read_note(text: str) -> Note | None:
    """Reads `write_note`'s text back; None where the text is no such note."""
    words = text.split()
    if len(words) < 8 or (words[0], words[3], words[-1]) != ("a", "with", "."):
        return None
    facts = [part.split() for part in " ".join(words[4:-1]).split(" and ")]
    if any(len(fact) != 3 or fact[1] not in POLARITY or fact[2] not in ASPECTS for fact in facts):
        return None
    return Note(words[1], words[2], {aspect: word for _, word, aspect in facts})


def write_statement(aspect: str, word: str, scene: str = "") -> str:
    """Writes ``the lead is brilliant .``, or with a scene ``the lead is brilliant in the rain scene .`` of it."""
    return f"the {aspect} is {word} in the {scene} scene ." if scene else f"the {aspect} is {word} ."


def read_review(text: str) -> list[Sentence]:
    """Understands a review sentence by sentence; a last sentence without its full stop is unclear."""
    parts = " ".join(text.split()).split(".")
    ended = [read_sentence(f"{part.strip()} .") for part in parts[:-1]]
    rest = parts[-1].strip()
    return [*ended, Sentence("unclear", 0, rest)] if rest else ended


def read_sentence(text: str) -> Sentence:
    """Understands one sentence, full stop included."""
    hedges = sum(f" {text} ".count(f" {hedge} ") for hedge in HEDGES)
    bare = f" {text} "
    for hedge in HEDGES:
        bare = bare.replace(f" {hedge} ", " ")
    bare = bare.strip()
    if bare in PADDING:
        return Sentence("padding", hedges, bare)
    for verdict, wordings in VERDICTS.items():
        if bare in wordings:
            return Sentence("verdict", hedges, bare, word=verdict)
    return _read_claim(bare.split(), hedges, bare)


def _read_claim(words: list[str], hedges: int, bare: str) -> Sentence:
    match words:
        case ["this", "is", "a", pace, genre, "."] if pace in PACES and genre in GENRES:
            return Sentence("opening", hedges, bare, pace, genre)
        case ["the", aspect, "is", word, "."] if aspect in ASPECTS and word in POLARITY:
            return Sentence("statement", hedges, bare, aspect, word)
        case ["the", aspect, "is", word, "in", "the", scene, "scene", "."] if (
            aspect in ASPECTS and word in POLARITY and scene in SCENES
        ):
            return Sentence("statement", hedges, bare, aspect, word, scene)
    return Sentence("unclear", hedges, bare)


def vocabulary() -> list[str]:
    """Returns every word that a note or a review can hold, sorted."""
    texts = [
        *PACES, *GENRES, *ASPECTS, *POLARITY, *SCENES, *HEDGES, *PADDING,
        *(wording for wordings in VERDICTS.values() for wording in wordings),
        "a with and this is the in scene .",
    ]  # fmt: skip
    return sorted({word for text in texts for word in text.split()})
