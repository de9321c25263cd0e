"""Proximal policy optimisation against a reward model."""

from typing import ClassVar, Literal

from workbench.domain.recipes.training import TrainingRecipe
from workbench.domain.settings import setting


class PpoRecipe(TrainingRecipe):
    """PPO (1707.06347) as in Huang et al. 2403.17031; defaults are their reproduction's unless a help text says otherwise."""

    base_learning_rate: ClassVar[float] = 3e-6

    batch_size: int = setting(
        64,
        label="Episodes an update",
        unit="episodes",
        help="Responses sampled before each update. The reproduction took 512 of its 1,000,000 episodes; small models and "
        "small data need more steps from fewer episodes.",
        ge=1,
        le=65536,
    )
    total_episodes: int | None = setting(
        None,
        label="Episodes",
        unit="episodes",
        help="Responses sampled in all. Empty: as many as the dataset has training pairs, times the epochs, so that PPO "
        "and DPO see the same number.",
        ge=1,
    )
    num_ppo_epochs: int = setting(4, label="PPO epochs", help="Passes over each batch of episodes.", ge=1, le=100)
    num_mini_batches: int = setting(
        4,
        label="Minibatches",
        help="Optimizer steps in each of those passes. The reproduction took one; small models and small data need more "
        "steps from as many episodes.",
        advanced=True,
        ge=1,
        le=1024,
    )
    adam_epsilon: float = setting(
        1e-5,
        label="Adam epsilon",
        help="1e-5 as in the reproduction; torch's own default is 1e-8.",
        advanced=True,
        gt=0,
    )
    response_length: int | None = setting(
        None,
        label="Longest response",
        unit="tokens",
        help="Empty: the experiment's sampling length.",
        ge=1,
        le=100_000,
    )
    temperature: float | None = setting(
        None,
        label="Temperature",
        help="Divides all logits, the reference's included. Empty: the experiment's sampling temperature, so that a policy "
        "is trained as it is judged (the reproduction used 0.7 for both).",
        gt=0,
        le=10,
    )
    stop_strings: tuple[str, ...] = setting(
        (),
        label="Stop strings",
        help="Text that ends a response as an end-of-sequence token does. Empty: the experiment's, so that a policy is "
        "trained as it is judged.",
        advanced=True,
    )
    kl_coef: float = setting(
        0.05,
        label="KL coefficient",
        unit="reward per nat",
        help="Weight of the k1 penalty on each token.",
        ge=0,
        le=100,
    )
    adaptive_kl: bool = setting(
        False,
        label="Adaptive KL",
        help="Moves the coefficient towards the target after every update (Ziegler et al., 1909.08593, section 2.2).",
    )
    kl_target: float = setting(
        6.0,
        label="KL target",
        unit="nats per sequence",
        help="What the adaptive controller aims at.",
        advanced=True,
        gt=0,
    )
    kl_horizon: int = setting(
        10_000,
        label="KL horizon",
        unit="episodes",
        help="How slowly the adaptive controller moves.",
        advanced=True,
        ge=1,
    )
    max_kl: float = setting(
        200.0,
        label="Give up above",
        unit="nats per sequence",
        help="Above this the run ends as diverged.",
        advanced=True,
        gt=0,
    )
    gamma: float = setting(1.0, label="Discount", help="Of later rewards.", advanced=True, gt=0, le=1)
    lam: float = setting(
        0.95, label="GAE lambda", help="Bias against variance (1506.02438, Eq. 16).", advanced=True, ge=0, le=1
    )
    cliprange: float = setting(
        0.2, label="Policy clip", help="Largest change of a ratio that pays.", advanced=True, gt=0
    )
    cliprange_value: float = setting(
        0.2, label="Value clip", help="Largest rewarded move of a value.", advanced=True, gt=0
    )
    vf_coef: float = setting(0.1, label="Value coefficient", help="Weight of the value loss.", advanced=True, gt=0)
    whiten_rewards: bool = setting(
        False,
        label="Whiten rewards",
        help="Scales the tokens' rewards of a batch to variance 1, keeping their mean m: off as in TRL, where the "
        "reproduction had it on. It adds m (1 - 1/sd) to every token, which for rewards above zero is a fine on length: "
        "among policies that choose when to end, one of three seeds learned to stop after nine tokens.",
        advanced=True,
    )
    whiten_advantages: bool = setting(
        True, label="Whiten advantages", help="Zero mean and unit variance over the batch's tokens.", advanced=True
    )
    missing_eos_score: float | None = setting(
        None,
        label="Score without an ending",
        help="Replaces the reward of a response that reached the length limit (the reproduction used -1). Empty: off, for "
        "models that never end a text.",
    )
    value_model: Literal["separate", "shared"] = setting(
        "separate",
        label="Value model",
        help="separate: its own weights, started from the reward model where that has the policy's shape, else from the "
        "policy; shared: a head on the policy's trunk, fitted by ridge regression on the first rollout.",
        advanced=True,
    )
