"""The four models of a PPO run: policy, reference, reward and value; new, or as a checkpoint left them."""

import copy
from dataclasses import dataclass
from typing import cast

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.domain.recipes import PpoRecipe
from workbench.domain.records import Job
from workbench.storage.checkpoints import Checkpoint
from workbench.storage.sources import resolve_model
from workbench.training.models import load_policy, wrap_lora
from workbench.training.ppo_data import derived_seed
from workbench.training.ppo_episodes import Actors
from workbench.training.ppo_state import VALUE
from workbench.training.rewarding import Reward, load_reward
from workbench.training.scoring import RewardScorer
from workbench.training.session import RunSession
from workbench.training.value import ValueModel

# What must agree for a value model to take over a reward model's weights and read the policy's tokens with them.
_SHAPE = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")


@dataclass(frozen=True, slots=True)
class Models:
    """All models of a run.

    Attributes:
        actors: policy, reference and value model.
        tokenizer: the policy's.
        reward: what scores: reward models with their own tokenizers, programs.
    """

    actors: Actors
    tokenizer: PreTrainedTokenizerBase
    reward: Reward


def load_models(job: Job, recipe: PpoRecipe, session: RunSession, checkpoint: Checkpoint | None) -> Models:
    """Loads what the job names; weights are fp32 whatever the precision, so that small steps are not rounded away.

    Raises:
        BadInput: the reward has the experiment's model in it, and the job names none.
        ModelRefused: see `models.load_policy`.
    """
    reward = load_reward(session, recipe)
    for scorer in reward.scorers:
        scorer.model.requires_grad_(False)
    start, tokenizer = _load(job, session, job.inputs.model)
    value = _value_model(job, recipe, session, checkpoint, start=start, tokenizer=tokenizer, reward=reward)
    reference = _reference(job, recipe, session, start, is_spare=checkpoint is not None)
    policy = _policy(job, recipe, session, checkpoint, start)
    return Models(Actors(policy, reference, value), tokenizer, reward)


def _load(job: Job, session: RunSession, name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    source = resolve_model(name, session.project)
    return load_policy(source, session.device, trust_remote_code=job.trust_remote_code)


def _reference(
    job: Job, recipe: PpoRecipe, session: RunSession, start: PreTrainedModel, *, is_spare: bool
) -> PreTrainedModel | None:
    """Returns the frozen reference; None where it is the policy's own base under adapters.

    A start model that is spare, because the policy comes from a checkpoint, becomes the reference without a copy.
    """
    name = job.inputs.reference or job.inputs.model
    if name == job.inputs.model and recipe.lora_rank:
        return None
    if name != job.inputs.model:
        return _load(job, session, name)[0].requires_grad_(False)
    return (start if is_spare else copy.deepcopy(start)).requires_grad_(False)


def _policy(
    job: Job, recipe: PpoRecipe, session: RunSession, checkpoint: Checkpoint | None, start: PreTrainedModel
) -> PreTrainedModel:
    if not recipe.lora_rank:
        if checkpoint is None:
            return start
        return load_policy(checkpoint.folder, session.device, trust_remote_code=job.trust_remote_code)[0]
    if checkpoint is None:
        adapted = wrap_lora(start, recipe, seed=derived_seed(job.seed, "adapters"))
        return cast("PreTrainedModel", adapted.eval())
    from peft import PeftModel  # noqa: PLC0415  (a second of import that full fine-tuning does without)

    adapted = PeftModel.from_pretrained(start, checkpoint.folder, is_trainable=True)
    return cast("PreTrainedModel", adapted.eval())


def _value_model(
    job: Job,
    recipe: PpoRecipe,
    session: RunSession,
    checkpoint: Checkpoint | None,
    *,
    start: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    reward: Reward,
) -> ValueModel:
    readable = ((scorer, _readable_score(scorer, start, tokenizer)) for scorer in reward.scorers)
    scorer, score = next(((scorer, score) for scorer, score in readable if score is not None), (None, None))

    def own_trunk() -> PreTrainedModel:
        source = start if scorer is None else scorer.model
        return cast("PreTrainedModel", copy.deepcopy(source.base_model).requires_grad_(True))

    if checkpoint is not None:
        folder = checkpoint.folder / VALUE
        return ValueModel.load(folder, session.device, own_trunk, trust_remote_code=job.trust_remote_code)
    if recipe.value_model == "shared":
        return ValueModel.new(start.config.get_text_config().hidden_size, None, session.device)
    trunk = wrap_lora(own_trunk(), recipe, task=None, seed=derived_seed(job.seed, "value adapters")).eval()
    if scorer is not None and score is not None:
        # Where other terms, weights or members count too, rewards are on another scale than this model's scores.
        # Whitening gives a score on the last of many tokens several times its scale; a head on the scores' scale would
        # start as far off, and the value clip would keep it there for many updates.
        fits = scorer is reward.lone_scorer and not recipe.whiten_rewards
        return ValueModel.from_reward(trunk, score, scorer.settings.mean, scorer.settings.std, is_fitted=fits)
    return ValueModel.new(start.config.get_text_config().hidden_size, trunk, session.device)


def _readable_score(
    scorer: RewardScorer, policy: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> nn.Linear | None:
    """Returns the reward model's head where a value model can start from it, else None."""
    ours, theirs = (model.config.get_text_config().to_dict() for model in (policy, scorer.model))
    head = dict(scorer.model.named_children()).get("score")
    alike = all(ours.get(key) == theirs.get(key) for key in _SHAPE)
    same_tokens = tokenizer.get_vocab() == scorer.tokenizer.get_vocab()
    return head if isinstance(head, nn.Linear) and alike and same_tokens else None
