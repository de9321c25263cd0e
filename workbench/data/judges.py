"""Judges of text: each scores responses to prompts, higher is better. The first judge of an experiment is its gold one.

A judge is named as ``vader``, ``length``, ``film-critic``, ``package.module:function`` or ``file.py:function``. Reward
models judge too (``reward:RUN_OR_FOLDER``), but they need the learning libraries and are made by the evaluation.
"""

import importlib
import importlib.util
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from workbench.data.film_critic.gold import gold_scores
from workbench.data.judge_names import REWARD_PREFIX, no_such_function, no_such_judge, not_installed
from workbench.domain.errors import BadInput, NotFound, WorkbenchError

__all__ = ["REWARD_PREFIX", "Judge", "TextJudge", "checked_scores", "load_judge"]


class Judge(Protocol):
    """Scores one response for each prompt."""

    @property
    def name(self) -> str: ...

    def __call__(self, prompts: Sequence[str], responses: Sequence[str]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class TextJudge:
    """A judge around a function of prompts and responses; what it returns is checked."""

    name: str
    function: Callable[[Sequence[str], Sequence[str]], Iterable[float]]

    def __call__(self, prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        """Returns one finite score for each response; of none the function is not asked.

        Raises:
            BadInput: the function failed, or returned something else than one number for each response.
        """
        if not responses:
            return []
        try:
            returned = self.function(list(prompts), list(responses))
        except WorkbenchError:
            raise
        except Exception as error:
            raise BadInput(
                f"The judge {self.name} failed on {len(responses)} responses: {type(error).__name__}: {error}.",
                "It is called with a list of prompts and a list of responses; try it on a few by hand.",
            ) from error
        return checked_scores(self.name, returned, len(responses))


def load_judge(name: str, base: Path) -> Judge:
    """Returns the judge called `name`.

    Args:
        name: see the module's description.
        base: the folder that a relative ``file.py`` is looked up in; for a run, its project's.

    Raises:
        NotFound: no built-in judge, module, file or function of that name.
        BadInput: the file or module cannot be imported, or what was named is not a function.
    """
    if name == "vader":
        return TextJudge(name, _vader())
    if name == "length":
        return TextJudge(name, lambda _, responses: [float(len(response)) for response in responses])
    if name == "film-critic":
        return TextJudge(name, gold_scores)
    if name.startswith(REWARD_PREFIX):
        raise BadInput(f"The judge {name} is a reward model and no judge of text.", "An evaluation run can load it.")
    place, _, function = name.rpartition(":")
    if not place or not function:
        raise no_such_judge(name)
    return TextJudge(name, _function(name, _module(name, place, base), function))


def checked_scores(judge: str, returned: Iterable[float], n: int) -> list[float]:
    """Returns what a judge returned as `n` finite numbers.

    Raises:
        BadInput: it is not a sequence of `n` finite numbers.
    """
    hint = "A judge returns one finite number for each response, in order."
    try:
        scores = [float(score) for score in returned]
    except (TypeError, ValueError) as error:
        raise BadInput(f"The judge {judge} returned something that is no list of numbers: {error}.", hint) from error
    if len(scores) != n:
        raise BadInput(f"The judge {judge} returned {len(scores)} scores for {n} responses.", hint)
    for place, score in enumerate(scores, 1):
        if not math.isfinite(score):
            raise BadInput(f"The judge {judge} returned {score} for response {place} of {n}.", hint)
    return scores


def _vader() -> Callable[[Sequence[str], Sequence[str]], list[float]]:
    """Sentiment in [-1, 1] by VADER's compound score (Hutto and Gilbert, 2014) of the response alone."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415  (reads a lexicon; on demand)

    analyzer = SentimentIntensityAnalyzer()
    return lambda _, responses: [float(analyzer.polarity_scores(text)["compound"]) for text in responses]


def _module(name: str, place: str, base: Path) -> ModuleType:
    return _module_of_file(name, base / place) if place.endswith(".py") else _installed_module(name, place)


def _module_of_file(name: str, path: Path) -> ModuleType:
    if not path.is_file():
        raise NotFound(f"The judge {name} names the file {path}, which does not exist.", "Relative files start there.")
    spec = importlib.util.spec_from_file_location(f"judge_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise BadInput(f"The judge {name} names {path}, which Python cannot import.", "")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _import_failed(name, path, error) from error
    return module


def _installed_module(name: str, place: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{place}.".startswith(f"{error.name}."):
            raise not_installed(name, place) from error
        raise _import_failed(name, place, error) from error
    except Exception as error:
        raise _import_failed(name, place, error) from error


def _import_failed(name: str, place: Path | str, error: Exception) -> BadInput:
    sentence = f"The judge {name} cannot be imported: {place} fails with {type(error).__name__}: {error}."
    return BadInput(sentence, "Run that file with Python to see where.")


def _function(
    name: str, module: ModuleType, function: str
) -> Callable[[Sequence[str], Sequence[str]], Iterable[float]]:
    if function not in vars(module):
        known = sorted(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
        raise no_such_function(name, module.__name__, function, known)
    found = vars(module)[function]
    if not callable(found):
        raise BadInput(f"The judge {name} names `{function}`, which is not a function.", "")
    return found  # type: ignore[no-any-return]
