"""An experiment: several arms from one start, on one dataset, at one budget, judged alike."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from workbench.domain.errors import BadSetting
from workbench.domain.recipes import DpoRecipe, PpoRecipe, RewardRecipe, Sampling, SftRecipe
from workbench.domain.recipes.evaluate import MAX_VALIDATION_PROMPTS
from workbench.domain.settings import PRESETS, Preset, Settings, setting

REFERENCE = "reference"  # the start model in files and JSON, which is always compared
START_MODEL = "start model"  # what people read
ArmMethod = Literal["ppo", "dpo"]
HeldoutReward = Literal["none", "seed", "half"]
Seed = Annotated[int, Field(ge=0, lt=2**31)]  # what every generator of random numbers takes
_ARM_RECIPES: dict[str, type[PpoRecipe] | type[DpoRecipe]] = {"ppo": PpoRecipe, "dpo": DpoRecipe}


def uneven_lengths(experiment: "Experiment") -> str:
    """Returns a sentence where no budget holds the arms to the same amount of training; empty where one does."""
    if experiment.budget.changed():
        return ""
    lengths = {arm.name: _length(arm.recipe) for arm in experiment.arms}
    if len(set(lengths.values())) < 2:
        return ""
    each = "; ".join(f"{name} {length}" for name, length in lengths.items())
    return f"The arms train for different lengths: {each}. A limit under Budget holds all of them to the same."


def rewarded_gold(experiment: "Experiment") -> str:
    """Returns a sentence where arms are trained on the gold judge's own scores; empty where none is."""
    gold = experiment.judges[0]
    told = [arm.name for arm in experiment.arms if isinstance(arm.recipe, PpoRecipe) and arm.recipe.is_paid_by(gold)]
    if not told:
        return ""
    return (
        f"The gold judge `{gold}` is a term of the reward of {' and '.join(told)}, and so no independent measure of it. Put "
        "another judge first."
    )


def forgotten_settings(experiment: "Experiment") -> str:
    """Returns a sentence where an experiment was stored with settings that are unknown by now; empty where none is."""
    names = ", ".join(f"`{name}`" for name in experiment.all_unknown())
    return (
        f"An earlier version stored settings that this one does not have; they count for nothing: {names}."
        if names
        else ""
    )


def _length(recipe: PpoRecipe | DpoRecipe) -> str:
    if recipe.max_steps is not None:
        return f"{recipe.max_steps:,} steps"
    if isinstance(recipe, PpoRecipe) and recipe.total_episodes is not None:
        return f"{recipe.total_episodes:,} episodes"
    return f"{recipe.num_train_epochs:g} epoch{'' if recipe.num_train_epochs == 1 else 's'}"


def shown_name(name: str) -> str:
    """Returns an arm's name as people read it: in files the start model is called otherwise, maybe with its experiment."""
    is_start = name == REFERENCE or name.startswith(f"{REFERENCE} (")
    return START_MODEL + name.removeprefix(REFERENCE) if is_start else name


class Budget(Settings):
    """What each arm may spend on training; it saves a checkpoint and ends where the first limit is reached."""

    episodes: int | None = setting(
        None, label="Episodes", help="Responses (PPO) or pairs (DPO) trained on. Empty: no limit.", ge=1
    )
    tokens: int | None = setting(None, label="Tokens", unit="tokens", help="Tokens trained on. Empty: no limit.", ge=1)
    seconds: float | None = setting(None, label="Time", unit="s", help="Seconds of training. Empty: no limit.", gt=0)


class Arm(Settings):
    """One method with its settings. In a file the settings stand beside name and method."""

    name: str = setting(label="Name", help="How charts and tables call it.", min_length=1, max_length=60)
    method: ArmMethod = setting(label="Method", help="ppo (with a reward model) or dpo (without one).")
    recipe: PpoRecipe | DpoRecipe = setting(label="Settings", help="Those of the method.")

    @model_validator(mode="before")
    @classmethod
    def _type_the_recipe(cls, values: Any, info: ValidationInfo) -> Any:
        """Reads stored settings as the method's: with unknown ones among them they would fit either."""
        if not isinstance(values, dict) or not isinstance(values.get("recipe"), dict):
            return values
        recipe = _ARM_RECIPES.get(values.get("method", ""))
        return (
            values
            if recipe is None
            else values | {"recipe": recipe.model_validate(values["recipe"], context=info.context)}
        )


class SftStage(Settings):
    """The fine-tuning that all arms start from."""

    dataset: str | None = setting(
        None,
        label="Demonstrations",
        help="A dataset to learn from. Empty: the chosen responses of the preference pairs.",
    )
    recipe: SftRecipe = setting(SftRecipe(), label="Settings", help="Those of supervised fine-tuning.")


class Experiment(Settings):
    """What an experiment file holds."""

    name: str = setting(label="Name", help="Of the experiment.", min_length=1, max_length=80)
    model: str = setting(label="Base model", help="A model folder, or a hub id when online.", min_length=1)
    dataset: str = setting(label="Dataset", help="The preference pairs, by their name in the project.", min_length=1)
    test_prompts: str | None = setting(
        None, label="Test prompts", help="A dataset of prompts for evaluation. Empty: the test split of the pairs."
    )
    judges: tuple[str, ...] = setting(
        ("length",),
        label="Judges",
        help="The first is the gold judge. llm:NAME asks a model behind an endpoint to compare answers.",
        min_length=1,
    )
    seeds: tuple[Seed, ...] = setting((0,), label="Seeds", help="Each arm is trained once a seed.", min_length=1)
    preset: Preset = setting("standard", label="Preset", help="Where settings that are not named come from.")
    budget: Budget = setting(Budget(), label="Budget", help="What each arm may spend.")
    sampling: Sampling = setting(Sampling(), label="Sampling", help="How responses are drawn.")
    max_prompts: int | None = setting(None, label="Prompts", help="At most so many test prompts. Empty: all.", ge=2)
    max_validation_prompts: int = setting(
        MAX_VALIDATION_PROMPTS,
        label="Validation prompts",
        help="Prompts that choose the best checkpoint: at most so many of the validation split of the test prompts, else of "
        "the pairs, never a test prompt. 0: none, and every second test prompt chooses.",
        ge=0,
    )
    best_of_n: int | None = setting(
        None,
        label="Best of n",
        unit="responses",
        help="Samples so many responses of the start model a prompt and lets the reward model choose: a third road that "
        "needs no training. 16 is a usual number. Empty: not.",
        ge=2,
        le=4096,
    )
    sft: SftStage | None = setting(None, label="Fine-tune first", help="false, true or settings.")
    reward: RewardRecipe = setting(RewardRecipe(), label="Reward model", help="Its settings.")
    heldout_reward: HeldoutReward = setting(
        "none",
        label="Held-out reward model",
        help="A second reward model that only judges, so that a policy cannot have learned its cracks. seed: the same pairs "
        "under another seed. half: each of the two learns from the pairs of one half of the prompts; PPO's reward model then "
        "sees half of the pairs while DPO sees all.",
    )
    arms: tuple[Arm, ...] = setting(label="Arms", help="What is compared.", min_length=1)
    trust_remote_code: bool = setting(
        False, label="Run the model's own code", help="Only for a model whose authors you trust.", advanced=True
    )
    device: str = setting("auto", label="Device", help="auto, cpu, cuda, cuda:1 or mps.", advanced=True)
    processes: int = setting(
        1,
        label="Processes",
        help="Train each model together, on a GPU each or on the CPU's cores. The batches stay what they are, so the curves "
        "do too, but for rounding. What is no training takes one.",
        advanced=True,
        ge=1,
        le=64,
    )
    accelerate_config: str | None = setting(
        None,
        label="Accelerate configuration",
        help="A file of `accelerate config`, as for FSDP or DeepSpeed, that says how the processes share a model. PPO keeps "
        "a whole copy in each. Empty: a whole copy in each.",
        advanced=True,
    )

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of all datasets that it reads, each once."""
        stage = self.sft.dataset if self.sft else None
        return tuple(dict.fromkeys(name for name in (stage, self.dataset, self.test_prompts) if name))

    @classmethod
    def parse(cls, raw: object, *, where: str) -> Self:
        """Reads what an experiment file holds, arms and stages with their settings beside their names.

        Args:
            raw: the file's content as plain values.
            where: the file, for errors.

        Raises:
            BadSetting: something is unknown, missing or out of bounds.
        """
        if not isinstance(raw, dict):
            raise BadSetting(f"{where}: expected settings such as `name: ...`.", "See `workbench run --help`.")
        values = dict(_named(raw, where))
        preset = _read_preset(values.get("preset", "standard"), where)
        if isinstance(values.get("arms"), list):
            values["arms"] = tuple(_read_arm(arm, preset, place, where) for place, arm in enumerate(values["arms"], 1))
        if "sft" in values:
            values["sft"] = _read_sft(values["sft"], preset, f"{where}, `sft`")
        if not isinstance(reward := values.get("reward"), RewardRecipe):
            named = _named({} if reward is None else reward, f"{where}, `reward`")
            values["reward"] = RewardRecipe.from_preset(preset, named, where=f"{where}, `reward`")
        return cls.read(values, where=where)

    def to_file(self) -> dict[str, Any]:
        """Returns what `parse` reads: settings that differ from their defaults, arms flattened."""
        values = self.changed()
        values["arms"] = [{"name": arm.name, "method": arm.method} | arm.recipe.changed() for arm in self.arms]
        if self.sft is not None:
            dataset = {"dataset": self.sft.dataset} if self.sft.dataset else {}
            values["sft"] = (dataset | self.sft.recipe.changed()) or True
        if "reward" in values:
            values["reward"] = self.reward.changed()
        values.pop("preset", None)
        return values

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [arm.name for arm in self.arms]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"each arm needs a name of its own; twice: {', '.join(sorted(twice))}")
        if taken := {REFERENCE, START_MODEL} & set(names):
            raise ValueError(f"the name `{min(taken)}` is the start model's, which is always compared")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("each seed counts once; a seed stands twice in `seeds`")
        return self


def _read_preset(raw: object, where: str) -> Preset:
    for preset in PRESETS:
        if raw == preset:
            return preset
    raise BadSetting(f"{where}: `preset` is {raw!r}; expected {', '.join(PRESETS[:-1])} or {PRESETS[-1]}.")


def _read_arm(raw: object, preset: Preset, place: int, where: str) -> Arm:
    if isinstance(raw, Arm):
        return raw
    if not isinstance(raw, dict):
        hint = "As {name: dpo, method: dpo, beta: 0.1}."
        raise BadSetting(f"{where}, arm {place}: expected settings by name, found {raw!r}.", hint)
    values = dict(_named(raw, f"{where}, arm {place}"))
    name, method = values.pop("name", None), values.pop("method", None)
    where = f"{where}, arm `{name}`" if isinstance(name, str) and name else f"{where}, arm {place}"
    recipe = _ARM_RECIPES.get(method) if isinstance(method, str) else None
    if recipe is None:
        raise BadSetting(f"{where}: `method` is {method!r}; expected {' or '.join(_ARM_RECIPES)}.")
    settings = recipe.from_preset(preset, values, where=where)
    return Arm.read({"name": method if name is None else name, "method": method, "recipe": settings}, where=where)


def _read_sft(raw: object, preset: Preset, where: str) -> SftStage | None:
    if raw is None or raw is False or isinstance(raw, SftStage):
        return raw or None
    values = {} if raw is True else dict(_named(raw, where))
    dataset = values.pop("dataset", None)
    recipe = SftRecipe.from_preset(preset, values, where=where)
    return SftStage.read({"dataset": dataset, "recipe": recipe}, where=where)


def _named(raw: object, where: str) -> Mapping[str, Any]:
    if isinstance(raw, dict) and all(isinstance(key, str) for key in raw):
        return raw
    raise BadSetting(f"{where}: expected settings by name, found {raw!r}.")
