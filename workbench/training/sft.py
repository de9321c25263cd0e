"""Supervised fine-tuning: next-token training on demonstrations, or on the chosen responses of preference pairs."""

from typing import Any

from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from workbench.domain.errors import BadInput
from workbench.domain.recipes import SftRecipe
from workbench.domain.recipes.training import VALIDATION_ROWS
from workbench.domain.records import Job
from workbench.storage.sources import resolve_model
from workbench.training.batches import Encoder
from workbench.training.cores import settle_threads
from workbench.training.models import load_policy, lora_config
from workbench.training.packed_head import answer_packed
from workbench.training.samples import Sampler
from workbench.training.session import RunSession
from workbench.training.trainer import (
    Bridge,
    SessionTrainer,
    resumed_from,
    run,
    seed_everything,
    training_arguments,
    weights_dtype,
)


class Trainer(SessionTrainer, SFTTrainer):
    """TRL's SFT trainer in a run; the policy reads no padding."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answer_packed(self.model)


def train(job: Job, session: RunSession) -> None:
    """Fine-tunes the job's model.

    Raises:
        StopRun: the person asked to stop or pause.
        WorkbenchError: the inputs cannot be used, or training could not go on.
    """
    recipe = job.recipe
    if not isinstance(recipe, SftRecipe) or job.inputs.data is None:
        raise BadInput("A fine-tuning run needs its settings and a dataset.", "Make the run again.")
    session.started(resumed_from(session))

    # 1. The start model; from scratch, its weights are drawn from the seed.
    seed_everything(session)
    policy, tokenizer = load_policy(
        resolve_model(job.inputs.model, session.project),
        session.device,
        weights_dtype(session),
        job.trust_remote_code,
        from_scratch_seed=job.seed if recipe.from_scratch else None,
    )
    settle_threads(policy)

    # 2. Prompts and responses as tokens; the loss passes over prompts unless the recipe says otherwise.
    encoder = Encoder(session, recipe, policy, tokenizer)
    rows, _ = encoder.texts(job.inputs.data, recipe.completion_only)
    validation = None
    if job.inputs.validation is not None:
        validation, _ = encoder.texts(job.inputs.validation, recipe.completion_only, VALIDATION_ROWS)

    # 3. Train: cross-entropy, mean over the tokens that count.
    trainer = Trainer(
        model=policy,
        args=training_arguments(
            SFTConfig, session, policy, len(rows), dataset_kwargs={"skip_prepare_dataset": True}, packing=False
        ),
        train_dataset=rows,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=lora_config(recipe, "CAUSAL_LM"),
    )
    shows = Sampler(session, trainer.model, tokenizer, job.inputs.data).say
    run(trainer, Bridge(session, trainer, len(rows), shows, validates=validation is not None), session)
