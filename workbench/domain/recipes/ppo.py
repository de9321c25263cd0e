"""Proximal policy optimisation against a reward.

How the details that decide whether PPO works stand here: as a setting, or as a choice that is made for everybody. They are
those of Huang et al. (2403.17031; code at github.com/vwxyzjn/summarize_from_feedback_details, 05dfca1) and, where it says
2019, of the older code that they studied before (huggingface.co/blog/the_n_implementation_details_of_rlhf_with_ppo).

    detail there                                    here                                     setting or place
    ----------------------------------------------  ---------------------------------------  --------------------------
    prompts padded left, positions from the first   so in sampling; training has no pads     training/rollout, packing
    the padding token is not EOS                    so, even if the tokenizer's is; masks    training/models,
                                                    go by lengths and never by ids           ppo_episodes
    dropout off in all models                       so, but for LoRA's where asked for       lora_dropout
    sampled without top-k and top-p                 so                                       training/rollout
    logits divided by 0.7, the reference's too      so; by 1 unless set                      temperature
    fixed length, cut at the stop token             nothing is sampled behind the stop       response_length,
                                                                                             stop_strings
    old log-probabilities are those of sampling     so; in bf16 of a training pass, so that  training/ppo_episodes
                                                    the first ratio is 1
    reward model reads the cut text's last token    so, on text, with its own tokenizer      training/scoring
    its head starts at N(0, 1 / sqrt(d + 1))        so                                       training/models
    its scores centred on the reference             so, and of variance 1 (2019)             reward: normalize
    the score stands on the last kept token, EOS    so                                       policy_gradient.place_score
    without EOS the score is -1                     off unless set                           missing_eos_score
    KL penalty a token, k1, 0.05                    so; k3 is only logged                    kl_coef
    adaptive KL: off (2019: on)                     off unless set                           adaptive_kl
    rewards whitened, mean kept, pads included      off unless set; pads never count         whiten_rewards
    advantages whitened over the batch              so; pads never count                     whiten_advantages
    gamma 1, lambda 0.95                            so                                       gamma, lam
    clips 0.2, value coefficient 0.1                so                                       cliprange, cliprange_value,
                                                                                             vf_coef
    value model apart, starts as the reward model   so where shapes agree, else fitted       value_model
    value head starts at zero (2019)                fitted to the first rollout              training/value.fit_head
    4 passes, shuffled anew for each                so                                       num_ppo_epochs
    1 minibatch                                     4, each a step of the optimizer          num_mini_batches
    512 episodes an update, 1,000,000 in all        64; as many as pairs, times epochs       batch_size, total_episodes
    AdamW, epsilon 1e-5                             so                                       adam_epsilon
    3e-6, down to 0 in a line                       3e-6 at 1 B, scaled by size; so          learning_rate,
                                                                                             lr_scheduler_type
    gradients not clipped                           at norm 1, each model by its own         max_grad_norm
    random numbers apart for each process           apart for each purpose and update        training/ppo_data.seeded
    several seeds: half of the small ones collapse  as many as the experiment names          seeds

Beyond them: what the reward is made of (`recipes.rewards`), ensembles of reward models, caps on length and KL.
"""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from workbench.domain.recipes.rewards import RewardSource
from workbench.domain.recipes.training import TrainingRecipe
from workbench.domain.settings import setting


class PpoRecipe(RewardSource, TrainingRecipe):
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
        help="Responses sampled in all. Empty: one per training pair, times the epochs, so that PPO and DPO see the same "
        "number.",
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
        help="Empty: as in sampling.",
        ge=1,
        le=100_000,
    )
    temperature: float | None = setting(
        None,
        label="Temperature",
        help="Divides all logits, the reference's included. Empty: as in sampling, so that a policy is trained as it "
        "is judged (the reproduction used 0.7 for both).",
        gt=0,
        le=10,
    )
    stop_strings: tuple[str, ...] = setting(
        (),
        label="Stop strings",
        help="Text that ends a response as an end-of-sequence token does. Empty: as in sampling, so that a policy is "
        "trained as it is judged.",
        advanced=True,
    )
    reward_models: int = setting(
        1,
        label="Reward models",
        help="How many the experiment trains for `model`, each from a seed of its own; several are an ensemble. Four or five "
        "are usual (Coste et al., 2310.02743).",
        after="rewards",
        ge=1,
        le=32,
    )
    length_cap: int | None = setting(
        None,
        label="Length cap",
        unit="tokens",
        help="Longer responses are punished in proportion, up to the length penalty at the longest response: the soft "
        "overlong punishment of DAPO (2503.14476, section 3.4). Empty: off.",
        ge=1,
        le=100_000,
    )
    length_penalty: float = setting(
        1.0,
        label="Length penalty",
        unit="reward",
        help="What a response of the longest length loses; 1 as in DAPO.",
        advanced=True,
        gt=0,
        le=1000,
    )
    kl_cap: float | None = setting(
        None,
        label="KL cap",
        unit="nats per sequence",
        help="Beyond it each further nat of a response's k1 costs the KL cap's coefficient, besides the usual penalty: a "
        "hinge, as Heess et al. (1707.02286) had on the KL of an update, here linear and to the reference. Empty: off.",
        gt=0,
    )
    kl_cap_coef: float = setting(
        1.0,
        label="Coefficient beyond",
        unit="reward per nat",
        help="Of each nat beyond the KL cap; many times the KL coefficient, so that the cap holds.",
        advanced=True,
        gt=0,
        le=1000,
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
    sampler: Literal["fast", "vllm"] = setting(
        "fast",
        label="Sampler",
        help="fast: in the run's own process, the same tokens at every repetition. vllm: on a vLLM server, for GPUs and long "
        "responses; it gets the weights before each rollout, and its random numbers are its own.",
        advanced=True,
    )
    vllm_server_base_url: str = setting(
        "http://localhost:8000",
        label="vLLM server",
        help="Where it listens, started on another GPU with the start model and a weight-transfer engine.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _server_gets_whole_weights(self) -> Self:
        if self.sampler == "vllm" and self.lora_rank:
            raise ValueError(
                f"`sampler` is vllm, which takes whole weights, and `lora_rank` is {self.lora_rank}; expected 0, or "
                "`sampler: fast`"
            )
        return self

    @model_validator(mode="after")
    def _cap_is_below_the_longest_response(self) -> Self:
        if self.length_cap is not None and self.response_length is not None and self.length_cap >= self.response_length:
            raise ValueError(
                f"`length_cap` is {self.length_cap} tokens, and no response is longer than {self.response_length}; expected "
                "a cap below `response_length`"
            )
        return self
