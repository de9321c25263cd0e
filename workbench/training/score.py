"""Scores given responses with a reward model, as a stream: a file of any size needs the memory of one batch.

The run's `scores.jsonl` has one line for each response, in the source's order:
{"row": 0, "response": "chosen", "prompt": "...", "text": "...", "score": 0.5}, with `response` "chosen" or "rejected".
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from workbench.data.importing import iterate_rows
from workbench.domain.errors import BadInput
from workbench.domain.pairs import Turns
from workbench.domain.recipes import ScoreRecipe
from workbench.domain.records import Job
from workbench.storage.files import raise_if_full
from workbench.storage.sources import resolve_model
from workbench.training.cores import settle_threads
from workbench.training.device import autocast
from workbench.training.scoring import RewardScorer
from workbench.training.session import RunSession, StopRun
from workbench.training.text import render_prompt

SCORES_FILE = "scores.jsonl"


class Response(NamedTuple):
    """One response of the source: `which` is chosen or rejected; one that was cut has no ending to be scored with."""

    row: int
    which: str
    prompt: Turns
    text: str
    cut: bool


def run(job: Job, session: RunSession) -> None:
    """Scores every response of the job's source.

    Raises:
        StopRun: the person asked to stop; nothing is left behind.
        WorkbenchError: the reward model or the source cannot be used.
    """
    recipe = job.recipe
    if not isinstance(recipe, ScoreRecipe) or job.inputs.source is None:
        raise BadInput("A scoring run needs its settings and a file of responses.", "Make the run again.")
    session.started()
    source = resolve_model(job.inputs.reward or job.inputs.model, session.project)
    scorer = RewardScorer.load(source, session.device, trust_remote_code=job.trust_remote_code)  # as evaluation does
    settle_threads(scorer.model)
    scorer.max_length = min(scorer.max_length, recipe.max_length)
    target = session.folder / SCORES_FILE
    temporary = target.with_name(f".{SCORES_FILE}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file, autocast(session.device, session.dtype):
            _score_all(responses(Path(job.inputs.source)), scorer, recipe.batch_size, session, file)
        temporary.replace(target)
    except OSError as error:
        raise_if_full(error, target)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def responses(source: Path) -> Iterator[Response]:
    """Yields every response of a file in any format that the importer reads.

    Raises:
        BadInput: the file, or a row of it, cannot be used.
    """
    for i, row in enumerate(iterate_rows(source)):
        for which, turns, cut in (("chosen", row.chosen, row.chosen_cut), ("rejected", row.rejected, row.rejected_cut)):
            if turns is not None:
                yield Response(i, which, row.prompt, "\n\n".join(message.content for message in turns), cut)


def _score_all(
    stream: Iterator[Response], scorer: RewardScorer, batch_size: int, session: RunSession, file: IO[str]
) -> None:
    n_done = 0
    while batch := list(islice(stream, batch_size)):
        if session.stop_requested() is not None:
            raise StopRun("stopped", n_done)
        prompts, texts, ended = [b.prompt for b in batch], [b.text for b in batch], [not b.cut for b in batch]
        scores = scorer.score(prompts, texts, ended, batch_size)
        for item, score in zip(batch, scores, strict=True):
            prompt = render_prompt(item.prompt, scorer.tokenizer)
            line = {"row": item.row, "response": item.which, "prompt": prompt, "text": item.text, "score": float(score)}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        n_done += len(batch)
        session.progress("scoring", n_done, 0)  # how many there are is known at the end
    if n_done == 0:
        raise BadInput(
            "The file has no responses to score.", "It needs a response column; see `workbench score --help`."
        )
    session.progress("scoring", n_done, n_done)
