"""What judges behind an endpoint said about evaluated checkpoints, as scores beside the others and as counts of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow.parquet as pq

from workbench.compare.arms import Arm
from workbench.compare.samples import Samples
from workbench.compare.statistics import FloatArray
from workbench.compare.tracks import Point, Track
from workbench.domain import verdicts as columns
from workbench.domain.endpoints import LLM_PREFIX
from workbench.domain.recipes import JudgeRecipe
from workbench.domain.samples import GOLD
from workbench.domain.verdicts import Tally, outcome_of, pair_outcome, tally
from workbench.storage.project import Project

_TIE = 0.5


@dataclass(frozen=True)
class PairVerdicts:
    """One judge's verdicts on one checkpoint's answers against the start model's.

    Attributes:
        outcomes: by prompt and turn: 1 where the policy wins, 0 where it loses, one half in a tie or where the two orders
            disagree, NaN where a reply was not understood.
        tally: how the judge judged.
    """

    outcomes: dict[tuple[str, int], float]
    tally: Tally

    def column(self, samples: Samples) -> FloatArray:
        """Returns [b] the outcome of each response, NaN where it was not judged."""
        places = zip(samples.keys.tolist(), samples.turn.tolist(), strict=True)
        return np.array([self.outcomes.get(place, np.nan) for place in places])


class VerdictBook:
    """Finds verdicts by judge, evaluation and checkpoint.

    What two models said is never pooled, nor what one model's name stood for at two addresses: ``llm:NAME`` is the model that
    the endpoint was asked for last, earlier ones are called ``llm:NAME (MODEL)``.
    """

    def __init__(self, project: Project) -> None:
        self._files: dict[tuple[str, str, int], list[Path]] = {}
        jobs = list(project.jobs())
        names = _names(
            [job.recipe for job in sorted(jobs, key=lambda job: job.created) if isinstance(job.recipe, JudgeRecipe)]
        )
        for job in jobs:
            if isinstance(job.recipe, JudgeRecipe) and job.inputs.answers:
                judge = names[_who(job.recipe)]
                for path in (project.run_folder(job.id) / columns.FOLDER).glob("checkpoint-*.parquet"):
                    step = int(path.stem.removeprefix("checkpoint-"))
                    self._files.setdefault((judge, job.inputs.answers, step), []).append(path)

    @property
    def judges(self) -> tuple[str, ...]:
        """The judges that have said something, as ``llm:NAME``."""
        return tuple(dict.fromkeys(judge for judge, _, _ in self._files))

    def verdicts(self, judge: str, evaluation: str, step: int) -> PairVerdicts | None:
        """Returns the fullest verdicts on a checkpoint, the newest of equals; None where it was not judged."""
        found = [_read(path) for path in self._files.get((judge, evaluation, step), ())]
        return max(reversed(found), key=lambda verdicts: len(verdicts.outcomes), default=None)

    def judged(self, arm: Arm, judge: str) -> Arm:
        """Returns an arm whose gold scores are a judge's verdicts against the start model; the start model's are ties."""
        return replace(arm, tracks=tuple(self._judged_track(track, judge) for track in arm.tracks))

    def _judged_track(self, track: Track, judge: str) -> Track:
        return replace(track, points=tuple(self._judged_point(track, point, judge) for point in track.points))

    def _judged_point(self, track: Track, point: Point, judge: str) -> Point:
        if track.run is None:
            values = np.full(len(point.samples), _TIE)
        else:
            found = self.verdicts(judge, track.evaluation.id if track.evaluation else "", point.step)
            values = np.full(len(point.samples), np.nan) if found is None else found.column(point.samples)
        return replace(point, samples=with_gold(point.samples, values), validation=None)  # nobody was asked about those


def _who(recipe: JudgeRecipe) -> tuple[str, str, str]:
    return recipe.endpoint, recipe.question.model, recipe.url


def _names(recipes: Sequence[JudgeRecipe]) -> dict[tuple[str, str, str], str]:
    """Returns what each endpoint, model and address is called; recipes are given in the order of their runs."""
    asked = list(dict.fromkeys(_who(recipe) for recipe in reversed(recipes)))
    names: dict[tuple[str, str, str], str] = {}
    for endpoint, model, url in asked:
        plain, told = f"{LLM_PREFIX}{endpoint}", f"{LLM_PREFIX}{endpoint} ({model})"
        where = f"at {urlsplit(url).netloc}" if url else "address not kept"
        full = f"{LLM_PREFIX}{endpoint} ({model}, {where})"
        taken = set(names.values())
        is_only = [(one, other) for one, other, _ in asked].count((endpoint, model)) == 1
        names[endpoint, model, url] = plain if plain not in taken else told if is_only else full
    return names


def with_gold(samples: Samples, values: FloatArray) -> Samples:
    """Returns samples with other gold scores."""
    return replace(samples, numbers=samples.numbers | {GOLD: values})


def _read(path: Path) -> PairVerdicts:
    return _read_seen(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _read_seen(path: Path, _changed_ns: int) -> PairVerdicts:
    wanted = [columns.PROMPT_KEY, columns.TURN, columns.ORDER, columns.VERDICT, columns.REPLY]
    with pq.ParquetFile(path) as file:
        rows = file.read(wanted, use_threads=False).to_pylist()
    pairs: dict[tuple[str, int], dict[str, str]] = {}
    asked: set[tuple[str, int]] = set()
    for row in rows:
        place = row[columns.PROMPT_KEY], row[columns.TURN]
        pairs.setdefault(place, {})[row[columns.ORDER]] = row[columns.VERDICT]
        if row[columns.REPLY] or row[columns.VERDICT] != "tie":
            asked.add(place)
    outcomes = {place: _outcome(verdicts) for place, verdicts in pairs.items()}
    return PairVerdicts(outcomes, tally([pairs[place] for place in pairs if place in asked], len(pairs) - len(asked)))


def _outcome(verdicts: dict[str, str]) -> float:
    first, second = (outcome_of(verdicts.get(order, "unparsed"), order) for order in columns.ORDERS)
    found = pair_outcome(first, second)
    return np.nan if found is None else found
