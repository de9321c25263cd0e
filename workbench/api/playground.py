"""The playground: ask models of the project, see how judges score what they say."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from workbench.compare.arms import Arm, gather_arms
from workbench.compare.naming import without_folders
from workbench.compare.tracks import Track
from workbench.data.judge_names import REWARD_PREFIX
from workbench.data.store import read_rows
from workbench.domain.errors import NotFound, WorkbenchError
from workbench.domain.experiments import START_MODEL
from workbench.domain.methods import POLICIES, run_words
from workbench.domain.pairs import Message, Turns, is_plain, plain, prompt_key
from workbench.domain.playground import AskedJudge, AskedModel, Asking
from workbench.domain.recipes import EvaluateRecipe, Sampling
from workbench.domain.records import Job, RunState, SplitName
from workbench.jobs.playground import Playground
from workbench.jobs.states import run_state
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.model_folders import check_folder
from workbench.storage.project import Project
from workbench.storage.sources import RUN_PREFIX, resolve_model, run_of

__all__ = [
    "JudgeChoice",
    "ModelChoice",
    "Playground",
    "PlaygroundOffer",
    "as_prompt",
    "find_model",
    "offer_playground",
    "sample_prompts",
    "start_playground",
]


class ModelChoice(BaseModel):
    """A model that can be asked.

    Attributes:
        model: what the playground asks.
        title: what it is called within its arm.
        arm: as charts call it; "start model" for the models that training starts from.
        index: the arm's place in a comparison; colours go by it, 0 is the start model's.
        seed, step: of a run's checkpoint.
        is_last: the run has no later checkpoint.
        is_best: by the gold judge, among those that were evaluated.
    """

    model: AskedModel
    title: str
    arm: str
    index: int
    seed: int | None = None
    step: int | None = None
    is_last: bool = True
    is_best: bool = False


class JudgeChoice(BaseModel):
    """A judge that can score. `role` is gold, proxy (a reward model) or empty for a further judge."""

    judge: AskedJudge
    role: str


class PlaygroundOffer(BaseModel):
    """What a project's playground starts with: whom to ask, who scores, how its experiments sample."""

    models: list[ModelChoice]
    judges: list[JudgeChoice]
    settings: Asking
    is_chat: bool


def offer_playground(project: Project) -> PlaygroundOffer:
    """Returns the models that can be asked and the judges that can score, as the project's runs know them."""
    jobs = {job.id: job for job in project.jobs()}
    sampling = next((e.sampling for e in reversed(project.manifest().experiments.values())), Sampling())
    named = _named_judges(jobs.values())
    known = {choice.judge.name for choice in named}
    proxies = [choice for choice in _reward_judges(project, jobs.values()) if choice.judge.name not in known]
    return PlaygroundOffer(
        models=[*_starts(project, jobs), *_trained(project)],
        judges=[*named, *proxies],
        settings=Asking(**sampling.model_dump()),
        is_chat=_asks_chats(project),
    )


def find_model(offer: PlaygroundOffer, project: Project, name: str) -> AskedModel:
    """Returns the model that a person names: an arm, a run's id or a beginning of it, with @STEP or not, or any model.

    An arm of several seeds means its first.

    Raises:
        NotFound: there is no such run or step.
    """
    wanted, _, step = name.removeprefix(RUN_PREFIX).partition("@")
    found = [
        choice
        for choice in offer.models
        if choice.arm == wanted or (run_of(choice.model.name) or "").startswith(wanted) or choice.model.name == name
    ]
    here = Path(name).expanduser()
    if not found and here.is_dir():
        return AskedModel(name=str(here.absolute()), label=here.name)
    if not found and "/" in name:
        return AskedModel(name=name, label=without_folders(name))  # a folder in the project, or of the hub
    chosen = [choice for choice in found if (str(choice.step) == step if step else choice.is_last)]
    if chosen:
        return chosen[0].model
    known = ", ".join(dict.fromkeys(choice.arm for choice in offer.models)) or "none"
    raise NotFound(
        f"The project has no checkpoint {name!r} with weights.",
        f"Name an arm or a run, as ARM, RUN or RUN@STEP, or a model folder. Arms: {known}.",
    )


def as_prompt(text: str, *, is_chat: bool, system: str = "", earlier: Turns = ()) -> Turns:
    """Returns what a person typed as turns.

    Args:
        text: the last turn of a chat, or a text to continue.
        is_chat: the text is what a user says.
        system: put before a chat that has no system prompt yet.
        earlier: turns before it.
    """
    if not is_chat:
        return plain(text)
    has_system = any(message.role == "system" for message in earlier)
    first = (Message("system", system),) if system and not has_system else ()
    return (*first, *earlier, Message("user", text))


def sample_prompts(project: Project, dataset: str, n: int = 200) -> list[Turns]:
    """Returns the first prompts of a dataset, those of its test split before the others.

    Raises:
        NotFound: the project has no dataset of that name.
    """
    project.dataset(dataset)
    folder = project.dataset_folder(dataset)
    return _first_prompts(folder, "test", n) or _first_prompts(folder, None, n)


def start_playground(project: Project) -> Playground:
    """Returns what asks the project's models; its process starts with the first question. Close it in the end."""
    return Playground(project)


def _starts(project: Project, jobs: Mapping[str, Job]) -> list[ModelChoice]:
    """Returns the models that training starts from: checkpoints of fine-tuning, then folders and hub ids with weights."""
    tuned = [
        choice for job in jobs.values() if job.method == "sft" for choice in _checkpoints(project, job, START_MODEL, 0)
    ]
    named = {job.inputs.model: job.trust_remote_code for job in jobs.values() if job.method in POLICIES}
    for experiment in project.manifest().experiments.values():
        named.setdefault(experiment.model, experiment.trust_remote_code)
    found = [
        AskedModel(name=name, label=without_folders(name).removeprefix("./"), trust_remote_code=trust)
        for name, trust in named.items()
        if run_of(name) is None and _has_weights(project, name, trust)
    ]
    return [*tuned, *(ModelChoice(model=model, title=model.label, arm=START_MODEL, index=0) for model in found)]


def _has_weights(project: Project, name: str, trust_remote_code: bool) -> bool:
    try:
        source = resolve_model(name, project.folder)
        if isinstance(source, Path):
            check_folder(source, trust_remote_code)
    except WorkbenchError:  # a configuration to begin from nothing with, or a folder that is gone
        return False
    return True


def _trained(project: Project) -> list[ModelChoice]:
    """Returns the checkpoints of arms, in the colours that they have in charts."""
    arms = sorted(gather_arms(project), key=lambda arm: arm.place)
    first = 0 if any(arm.is_reference for arm in arms) else 1
    return [
        choice for arm in arms for track in _tracks(arm) for choice in _of_track(project, arm, first + arm.place, track)
    ]


def _tracks(arm: Arm) -> Sequence[Track]:
    return sorted((*arm.tracks, *arm.waiting), key=lambda track: track.seed)


def _of_track(project: Project, arm: Arm, index: int, track: Track) -> list[ModelChoice]:
    best = track.best.step if track.points else None
    return [] if track.run is None else _checkpoints(project, track.run, arm.name, index, best)


def _checkpoints(project: Project, run: Job, arm: str, index: int, best: int | None = None) -> list[ModelChoice]:
    steps = [checkpoint.step for checkpoint in list_checkpoints(project.run_folder(run.id))]
    titles = {step: f"seed {run.seed} · step {step:,}" for step in steps}
    return [
        ModelChoice(
            model=AskedModel(
                name=f"{RUN_PREFIX}{run.id}@{step}",
                label=f"{arm} · {title}",
                trust_remote_code=run.trust_remote_code,
            ),
            title=title,
            arm=arm,
            index=index,
            seed=run.seed,
            step=step,
            is_last=step == steps[-1],
            is_best=step == best,
        )
        for step, title in titles.items()
    ]


def _named_judges(jobs: Iterable[Job]) -> list[JudgeChoice]:
    """Returns the judges of the project's evaluations: the gold ones, then the further ones."""
    recipes = [job.recipe for job in jobs if isinstance(job.recipe, EvaluateRecipe)]
    golds = dict.fromkeys(recipe.judges[0] for recipe in recipes)
    further = dict.fromkeys(name for recipe in recipes for name in recipe.judges[1:] if name not in golds)
    named = [*((name, "gold") for name in golds), *((name, "") for name in further)]
    return [JudgeChoice(judge=AskedJudge(name=name, label=without_folders(name)), role=role) for name, role in named]


def _reward_judges(project: Project, jobs: Iterable[Job]) -> list[JudgeChoice]:
    rewards = [job for job in jobs if job.method == "reward"]
    return [
        JudgeChoice(
            judge=AskedJudge(
                name=f"{REWARD_PREFIX}{job.id}",
                label=run_words(job.name, job.method, job.seed),
                trust_remote_code=job.trust_remote_code,
            ),
            role="proxy",
        )
        for job in rewards
        if run_state(project, job).state is RunState.FINISHED and list_checkpoints(project.run_folder(job.id))
    ]


def _asks_chats(project: Project) -> bool:
    """Says whether the project's prompts are chats, by the first prompt of its first dataset that has any."""
    firsts = (_first_prompts(project.dataset_folder(record.name), None, 1) for record in project.datasets())
    return next((not is_plain(prompt) for prompts in firsts for prompt in prompts), False)


def _first_prompts(folder: Path, split: SplitName | None, n: int) -> list[Turns]:
    """Returns the first few different prompts without reading the rest of the file."""
    found: dict[str, Turns] = {}
    for row in read_rows(folder, split):
        found.setdefault(prompt_key(row.prompt), row.prompt)
        if len(found) == n:
            break
    return list(found.values())
