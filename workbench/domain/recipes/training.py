"""The settings that all training methods share."""

import math
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from workbench.domain.settings import Settings, setting

VALIDATION_ROWS = 512  # that training is measured on: enough for a curve; more would cost as much as training
_ONE_BILLION = 1e9


def auto_learning_rate(base: float, n_parameters: int) -> float:
    """Returns the learning rate for a model of `n_parameters`, from `base`, the published rate at a billion.

    Published rates fall with size about as the inverse square root: with PPO's 3e-6 at 1 B this gives 9e-5 at 1.1 M and
    2.4e-5 at 15 M, where 1e-4 and 3e-5 were found to learn well. Never above 1e-3.
    """
    return min(1e-3, base * math.sqrt(_ONE_BILLION / max(1, n_parameters)))


class TrainingRecipe(Settings):
    """Optimisation, memory and checkpoints."""

    base_learning_rate: ClassVar[float]  # the published rate at about a billion parameters

    learning_rate: float | None = setting(
        None,
        label="Learning rate",
        help="Peak rate of AdamW. Empty: by the model's size, as the published rate for a billion parameters times the "
        "inverse square root of how many billions it has.",
        gt=0,
        le=1,
    )
    batch_size: int = setting(
        16, label="Batch size", unit="examples", help="Examples per optimizer step.", ge=1, le=65536
    )
    gradient_accumulation_steps: int = setting(
        1,
        label="Gradient accumulation",
        unit="parts",
        help="Parts that a batch is cut into to save memory; the result is the same.",
        advanced=True,
        ge=1,
    )
    num_train_epochs: float = setting(
        1.0,
        label="Epochs",
        unit="passes",
        help="Passes over the training split.",
        quick=1.0,
        thorough=3.0,
        gt=0,
        le=1000,
    )
    max_steps: int | None = setting(
        None, label="Stop after", unit="steps", help="Ends training early, for a trial.", advanced=True, ge=1
    )
    lr_scheduler_type: Literal["constant", "linear", "cosine"] = setting(
        "linear", label="Schedule", help="How the learning rate falls after warm-up.", advanced=True
    )
    warmup_ratio: float = setting(
        0.0,
        label="Warm-up",
        unit="share",
        help="Share of the steps over which the rate rises.",
        advanced=True,
        ge=0,
        lt=1,
    )
    weight_decay: float = setting(0.0, label="Weight decay", help="AdamW's decay.", advanced=True, ge=0, le=1)
    adam_epsilon: float = setting(1e-8, label="Adam epsilon", help="AdamW's guard constant.", advanced=True, gt=0, le=1)
    max_grad_norm: float = setting(
        1.0, label="Gradient clipping", help="Largest norm of the gradient.", advanced=True, gt=0
    )
    max_length: int = setting(
        1024,
        label="Longest sequence",
        unit="tokens",
        help="Prompt and response together; longer ones are cut, and the share that was cut is reported. Never above what "
        "the model can read.",
        ge=8,
        le=1_000_000,
    )
    precision: Literal["auto", "fp32", "bf16"] = setting(
        "auto",
        label="Precision",
        help="auto: bf16 on GPUs that have it, and from 5 million parameters on CPUs that do; else fp32.",
        advanced=True,
    )
    gradient_checkpointing: bool = setting(
        False, label="Gradient checkpointing", help="Recomputes activations: less memory, slower.", advanced=True
    )
    lora_rank: int = setting(
        0, label="LoRA rank", help="0 trains all weights; 8 to 64 trains small adapters (2106.09685).", ge=0, le=1024
    )
    lora_alpha: float = setting(16.0, label="LoRA alpha", help="Scale of the adapters.", advanced=True, gt=0)
    lora_dropout: float = setting(
        0.0, label="LoRA dropout", help="Dropout inside the adapters.", advanced=True, ge=0, lt=1
    )
    n_checkpoints: int = setting(
        4,
        label="Checkpoints",
        help="How many evenly spaced checkpoints are kept and evaluated, the last one included.",
        quick=2,
        thorough=8,
        ge=1,
        le=1000,
    )
    logging_steps: int = setting(
        1, label="Log every", unit="steps", help="Steps between two points of a curve.", advanced=True, ge=1
    )


class GivenResponsesRecipe(TrainingRecipe):
    """What the methods share that learn from responses in the data: sft, reward and dpo."""

    append_eos: Literal["auto", "always", "never"] = setting(
        "auto",
        label="End of sequence",
        help="auto: an end-of-sequence token follows every response except those that the data says were cut at a length "
        "limit.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _parts_are_whole(self) -> Self:
        if self.batch_size % self.gradient_accumulation_steps:
            raise ValueError(
                f"`gradient_accumulation_steps` is {self.gradient_accumulation_steps}, which does not divide the "
                f"`batch_size` of {self.batch_size}; the parts of a batch must be of one size"
            )
        return self
