"""The demonstration's files: demonstrations, rated pairs, test prompts and a model folder without weights."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from workbench.data.film_critic.gold import gold_score
from workbench.data.film_critic.model import write_base_model
from workbench.data.film_critic.words import Note, write_note
from workbench.data.film_critic.writers import RATERS, draw_note, draw_review

N_DEMONSTRATIONS = 6000
N_PAIRS = 2000
N_TEST_PROMPTS = 256


@dataclass(frozen=True, slots=True)
class FilmCriticFiles:
    """Where `write_film_critic` wrote what."""

    corpus: Path  # demonstrations, JSONL: prompt, completion
    ratings: Path  # pairs with each rater's choice and the gold scores, JSONL
    prompts: Path  # test prompts that are in neither, JSONL
    base: Path  # model folder without weights


def write_film_critic(folder: Path, seed: int = 0) -> FilmCriticFiles:
    """Writes the demonstration's data; the same seed gives the same bytes.

    Args:
        folder: is made where it is missing; files of the same names are replaced.
        seed: of films, reviews and ratings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = Random(f"film-critic {seed}")
    notes = _different_notes(rng)
    files = FilmCriticFiles(
        folder / "corpus.jsonl", folder / "ratings.jsonl", folder / "prompts.jsonl", folder / "base"
    )
    _write_lines(files.corpus, (_demonstration(rng, next(notes)) for _ in range(N_DEMONSTRATIONS)))
    _write_lines(files.ratings, (_comparison(rng, next(notes)) for _ in range(N_PAIRS)))
    _write_lines(files.prompts, ({"prompt": write_note(next(notes))} for _ in range(N_TEST_PROMPTS)))
    write_base_model(files.base)
    return files


def _different_notes(rng: Random) -> Iterator[Note]:
    """Yields films no two of which have the same note, so that no test prompt was ever trained on."""
    seen = set[str]()
    while True:
        note = draw_note(rng)
        if (text := write_note(note)) not in seen:
            seen.add(text)
            yield note


def _demonstration(rng: Random, note: Note) -> dict[str, Any]:
    return {"prompt": write_note(note), "completion": _review(rng, note)}


def _comparison(rng: Random, note: Note) -> dict[str, Any]:
    prompt = write_note(note)
    first = second = _review(rng, note)
    while second == first:
        second = _review(rng, note)
    choices = {rater.name: "a" if rater.prefers_first(rng, prompt, first, second) else "b" for rater in RATERS}
    gold = {"gold_a": gold_score(prompt, first), "gold_b": gold_score(prompt, second)}
    return {"prompt": prompt, "response_a": first, "response_b": second, "ratings": choices, **gold}


def _review(rng: Random, note: Note) -> str:
    return f" {draw_review(rng, note)}"  # so that note + review is the text, as it is with what a policy samples


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
