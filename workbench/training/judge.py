"""A language model behind an endpoint judges responses that are there already: each checkpoint's against the start model's.

Nothing is computed here, only asked. Every reply is kept the moment it comes, so that a run which was stopped, or whose
endpoint went away, goes on where it was and pays for nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import shorten
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.data.pairwise.asking import Interrupted, ask_all
from workbench.data.pairwise.client import OF_RUN, ChatClient, Reply
from workbench.data.pairwise.matching import Match, match_answers, questions, verdict_table
from workbench.data.pairwise.question import Pair, question_key
from workbench.domain import verdicts as column
from workbench.domain.endpoints import PairwiseQuestion
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.recipes import JudgeRecipe
from workbench.domain.records import Job
from workbench.domain.verdicts import outcome_of, pair_outcome, tally
from workbench.storage.answers import AnswerFile
from workbench.storage.endpoints import find_endpoint
from workbench.storage.files import write_bytes
from workbench.storage.keyring_access import read_key
from workbench.storage.project import Project
from workbench.storage.runlog import SAMPLES
from workbench.training.session import RunSession, StopRun

_PATTERN = "checkpoint-*.parquet"
_SHOWN = 80  # characters of an unclear reply


@dataclass(frozen=True)
class _Kept:
    """Replies on disk."""

    file: AnswerFile

    def get(self, key: str) -> Reply | None:
        row: Mapping[str, Any] | None = self.file.get(key)
        return None if row is None else Reply(str(row["text"]), int(row["tokens_in"]), int(row["tokens_out"]))

    def put(self, key: str, reply: Reply) -> None:
        self.file.put(key, reply._asdict())


def run(job: Job, session: RunSession) -> None:
    """Judges the checkpoints that are not judged yet, by step.

    Raises:
        EndpointRefused, Offline: the endpoint does not accept the key or question, or is not there.
        NotFound: it is not declared on this computer, or its key is not here, or there is nothing to judge.
        StopRun: the person asked; what was answered is kept.
    """
    if not isinstance(job.recipe, JudgeRecipe) or job.inputs.answers is None or job.inputs.rivals is None:
        raise BadInput("A judging run needs its settings and two evaluations.", "Make the run again.")
    session.started()
    _Judging(job, job.recipe, session).run(job.inputs.answers, job.inputs.rivals)


class _Judging:
    """One run of a judge."""

    def __init__(self, job: Job, recipe: JudgeRecipe, session: RunSession) -> None:
        self._job, self._recipe, self._session = job, recipe, session
        declared = find_endpoint(recipe.endpoint)
        if recipe.url not in ("", declared.url):  # what is kept and compared as one judge's is by one model
            raise BadInput(
                f"This run was to ask the judge `{recipe.endpoint}` at {recipe.url}, which is at {declared.url} now.",
                "Judge again, which makes a run for the new address, or give the old address back to it in Settings.",
            )
        # What decides a verdict is frozen in the job; what may be asked, how fast and at which price is as of today.
        self._endpoint = declared.asking(recipe.question)
        self._key = read_key(declared.key)
        self._answers = _Kept(AnswerFile(_wording(recipe.question, declared.url)))
        self._patience = OF_RUN
        self._is_told = False

    def run(self, answers: str, rivals: str) -> None:
        project = Project(self._session.project)
        targets = _checkpoints(project.run_folder(answers))
        if self._recipe.last_only:
            targets = targets[-1:]
        against = _checkpoints(project.run_folder(rivals))
        if not targets or not against:
            raise NotFound("There are no samples to judge yet.", "Evaluate the run and its start model first.")
        for place, (step, path) in enumerate(targets):
            target = self._session.folder / column.FOLDER / f"checkpoint-{step}.parquet"
            if not target.is_file():
                matches = match_answers(path, against[0][1], self._recipe.max_prompts)
                table = self._judge(matches, step, rivals, f"judging checkpoint-{step} ({place + 1} of {len(targets)})")
                _write(target, table)
            self._say(step, pq.read_table(target, use_threads=False))

    def _judge(self, matches: list[Match], step: int, rivals: str, phase: str) -> pa.Table:
        pairs = questions(matches)
        self._tell_of_older(pairs)
        far = (0, len(pairs))

        def on_progress(done: int, total: int) -> None:
            nonlocal far
            far = done, total
            self._session.progress(phase, *far)

        def on_waiting(why: str) -> None:
            self._session.progress(f"{phase}, waiting for {self._endpoint.host} ({why})", *far)

        try:
            asked = ask_all(
                ChatClient(self._recipe.endpoint, self._endpoint, self._key, self._patience, on_waiting),
                pairs,
                self._answers,
                on_progress=on_progress,
                should_stop=lambda: self._session.stop_requested() is not None,
            )
        except Interrupted as error:
            request = self._session.stop_requested()
            raise StopRun("paused" if request == "pause" else "stopped", self._session.last_step) from error
        if not all(one.cached for one in asked):  # it is there, so where it goes away it is waited for
            self._patience = OF_RUN._replace(first_contact=OF_RUN.attempts)
        about = {column.SEED: self._job.seed, column.STEP: step, column.OPPONENT: rivals}
        return verdict_table(matches, asked, about)

    def _tell_of_older(self, pairs: Sequence[Pair]) -> None:
        """Says once that replies from before addresses were kept are no use: whose they are cannot be told."""
        if self._is_told:
            return
        older, question = AnswerFile(_wording(self._recipe.question)), self._recipe.question
        keys = {question_key(question, pair) for pair in pairs}
        again = [key for key in keys if older.get(key) is not None and self._answers.get(key) is None]
        if again:
            self._is_told = True
            self._session.warn(
                "asked_again",
                f"An earlier version kept {len(again)} of these replies by `{question.model}` without the address that they came "
                f"from, so they are asked again at {self._endpoint.host}.",
            )

    def _say(self, step: int, table: pa.Table) -> None:
        """Says what a checkpoint's verdicts come to."""
        rows = table.to_pylist()
        pairs = [{row[column.ORDER]: row[column.VERDICT] for row in rows[i : i + 2]} for i in range(0, len(rows), 2)]
        outcomes = [pair_outcome(*(outcome_of(verdict, order) for order, verdict in pair.items())) for pair in pairs]
        known = [outcome for outcome in outcomes if outcome is not None]
        is_asked = [bool(row[column.REPLY]) or row[column.VERDICT] != "tie" for row in rows[::2]]
        told = tally([pair for pair, asked in zip(pairs, is_asked, strict=True) if asked])
        n_in, n_out = (sum(row[name] for row in rows) for name in (column.TOKENS_IN, column.TOKENS_OUT))
        values = {
            "judge/win_rate": sum(known) / len(known) if known else None,
            "judge/swap_consistency": told.swap_consistency,
            "judge/first_position": told.first_position,
            "judge/unparsed": told.unparsed,
            "judge/cost": self._endpoint.cost(n_in, n_out),
        }
        self._session.metrics(step, {name: value for name, value in values.items() if value is not None})
        if told.n_unparsed:
            unclear = next(row[column.REPLY] for row in rows if row[column.VERDICT] == "unparsed")
            self._session.warn(
                "unparsed",
                f"{told.n_unparsed} of {told.n_asked} replies on checkpoint {step} were neither A, B nor tie and are left out, "
                f"as {shorten(unclear, _SHOWN, placeholder='...')!r}.",
            )


def _wording(question: PairwiseQuestion, url: str = "") -> str:
    """Names what is asked where; without an address as earlier versions did."""
    return sha256(f"{url}{question.model_dump_json()}".encode()).hexdigest()[:16]


def _checkpoints(folder: Path) -> list[tuple[int, Path]]:
    found = [(path.stem.removeprefix("checkpoint-"), path) for path in (folder / SAMPLES).glob(_PATTERN)]
    return sorted((int(step), path) for step, path in found if step.isdigit())


def _write(target: Path, table: pa.Table) -> None:
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    target.parent.mkdir(exist_ok=True)
    write_bytes(target, buffer.getvalue().to_pybytes())
