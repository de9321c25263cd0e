"""What should be the same for all arms: start, data, splits, prompts, sampling, judges. One line each, whether it is or not."""

import re
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.naming import without_folders
from workbench.compare.rewards import reward_words
from workbench.compare.tracks import Track
from workbench.domain.errors import WorkbenchError
from workbench.domain.experiments import shown_name
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import DataInput, Job
from workbench.storage.project import Project

_HASH = re.compile(r"[0-9a-f]{32,}")
_SHOWN = 8  # digits of a hash


class Pin(BaseModel):
    """One thing that a fair comparison holds fixed, and what it is for each arm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="What is held fixed: `sampling`.")
    differing: str = Field(description="What arms that differ in it did: `were sampled differently`.")
    of_best_only: bool = Field(False, description="Whether no figure at the last checkpoints depends on it.")
    values: dict[str, tuple[str, ...]] = Field(description="What it is, by arm; several where its seeds differ.")

    @property
    def is_same(self) -> bool:
        """Says whether it is the same for all arms."""
        return len(set(self.values.values())) < 2 and all(len(value) == 1 for value in self.values.values())

    @property
    def sentence(self) -> str:
        """Says it as a warning, as "The arms were sampled differently: a: temperature 1; b: temperature 0.7"."""
        return f"The arms {self.differing}: {self._by_arm()}."

    @property
    def line(self) -> str:
        """Says it as a line of a list: what all arms have, or what each has."""
        return f"{self.name}: {next(iter(self.values.values()))[0] if self.is_same else self._by_arm()}"

    def _by_arm(self) -> str:
        alike: dict[tuple[str, ...], list[str]] = {}
        for arm, values in self.values.items():
            alike.setdefault(values, []).append(shown_name(arm))
        return "; ".join(f"{', '.join(arms)}: {' and '.join(values)}" for values, arms in alike.items())


def pin_down(arms: Sequence[Arm], project: Project | None = None) -> list[Pin]:
    """Returns what arms should have in common, a line each, in the order of the work; what no arm has is left out.

    Args:
        arms: those compared, start models among them.
        project: whose datasets say how they were divided; None leaves that line out.
    """
    pins = [
        Pin(name="start model", differing="begin at different start models", values={a.name: (a.start,) for a in arms}),
        _of_runs(arms, "training pairs", "were trained on different pairs", lambda job: _data(job.inputs.data)),
        _of_runs(arms, "splits", "were trained on data that was divided differently", _splits_of(project)),
        _of_runs(arms, "budget", "had different budgets", _budget),
        _of_evaluations(arms, "test prompts", "were answered on different prompts", _prompts),
        _of_evaluations(
            arms, "validation prompts", "had their best checkpoints chosen on different prompts", _validation
        ).model_copy(update={"of_best_only": True}),
        _of_evaluations(arms, "sampling", "were sampled differently", _sampling),
        _of_evaluations(arms, "judges", "were judged differently", _judges),
        _proxies(arms),
    ]
    return [pin for pin in pins if pin.values]


def _of_runs(arms: Sequence[Arm], name: str, differing: str, read: Callable[[Job], str]) -> Pin:
    return _pin(arms, name, differing, lambda track: read(track.run) if track.run else "")


def _of_evaluations(arms: Sequence[Arm], name: str, differing: str, read: Callable[[Job], str]) -> Pin:
    return _pin(arms, name, differing, lambda track: read(track.evaluation) if track.evaluation else "")


def _pin(arms: Sequence[Arm], name: str, differing: str, read: Callable[[Track], str]) -> Pin:
    values = {arm.name: tuple(sorted({value for track in arm.tracks if (value := read(track))})) for arm in arms}
    return Pin(name=name, differing=differing, values={arm: value for arm, value in values.items() if value})


def _recipe(job: Job) -> EvaluateRecipe:
    assert isinstance(job.recipe, EvaluateRecipe)
    return job.recipe


def _prompts(job: Job) -> str:
    most = _recipe(job).max_prompts
    return f"{_data(job.inputs.prompts)}{f', first {most}' if most else ''}"


def _validation(job: Job) -> str:
    if job.inputs.model == job.inputs.reference:
        return ""  # a start model has one checkpoint: nothing is chosen
    if job.inputs.validation is None:
        return "none: one half of the test prompts chooses"
    return f"{_data(job.inputs.validation)}, first {_recipe(job).max_validation_prompts}"


def _data(data: DataInput | None) -> str:
    if data is None:
        return "no dataset"
    return f"{data.name}{f' ({data.split})' if data.split else ''} {data.sha256[:_SHOWN]}".strip()


def _splits_of(project: Project | None) -> Callable[[Job], str]:
    known: dict[tuple[str, str], str] = {}

    def read(job: Job) -> str:
        data = job.inputs.data
        if project is None or data is None:
            return ""
        if (data.name, data.sha256) not in known:
            known[data.name, data.sha256] = _splits(project, data)
        return known[data.name, data.sha256]

    return read


def _splits(project: Project, data: DataInput) -> str:
    try:
        splits = project.dataset(project.data_folder(data).name, data.sha256).splits
    except WorkbenchError:  # a dataset that was deleted since: its content's hash still tells it apart
        return ""
    counts = ", ".join(f"{name} {n:,}" for name, n in splits.counts.items() if n)
    return f"{counts}, by prompt, seed {splits.seed} {splits.checksum[:_SHOWN]}"


def _sampling(job: Job) -> str:
    recipe = _recipe(job)
    stops = f", ending at {' or '.join(map(repr, recipe.stop_strings))}" if recipe.stop_strings else ""
    return f"temperature {recipe.temperature:g}, at most {recipe.max_new_tokens} tokens{stops}"


def _judges(job: Job) -> str:
    """Names the judges; those that lie in files by their content too, which may have changed under the same name."""
    hashes = [job.input_hashes.get(f"judge {place}", "") for place in range(len(_recipe(job).judges))]
    found = [_HASH.search(content) for content in hashes]
    names = [without_folders(judge) for judge in _recipe(job).judges]
    return ", ".join(
        f"{name} {content[0][:_SHOWN]}" if content else name for name, content in zip(names, found, strict=True)
    )


def _budget(job: Job) -> str:
    return ", ".join(f"{value:g} {name}" for name, value in job.budget.changed().items()) or "no limit"


def _proxies(arms: Sequence[Arm]) -> Pin:
    """Each seed has reward models of its own; under one seed arms of the same reward must be scored by the same ones.

    Arms may have rewards of their own: each is then scored by its own, and so is the start model for it.
    """
    by_seed: dict[int, dict[str, tuple[str, ...]]] = {}
    same_models: dict[tuple[int, str], dict[str, tuple[str, ...]]] = {}
    for arm in arms:
        for track in arm.tracks:
            job = track.evaluation
            if job is not None and job.inputs.rewards and not track.others:
                found = (" and ".join(job.inputs.rewards),)
                by_seed.setdefault(track.seed, {})[arm.name] = found
                same_models.setdefault((track.seed, reward_words(job)), {})[arm.name] = found
    for (seed, _), values in sorted(same_models.items()):
        if len(set(values.values())) > 1:
            what = f"have proxy scores from different reward models under seed {seed}"
            return Pin(name=f"reward model, seed {seed}", differing=what, values=values)
    return Pin(
        name="reward model", differing="have proxy scores from different reward models", values=_one_each(by_seed)
    )


def _one_each(by_seed: Mapping[int, Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    n_models = len({reward for values in by_seed.values() for (reward,) in values.values()})
    n_rewards = max((len(set(values.values())) for values in by_seed.values()), default=1)
    told = "one" if n_models == 1 else "each arm's own" if n_rewards > 1 else f"{n_models}, one a seed"
    return {arm: (told,) for values in by_seed.values() for arm in values}
