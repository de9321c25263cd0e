"""Direct preference optimisation (2305.18290) and its family, on TRL's trainer."""

from typing import Any

from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from workbench.domain.errors import BadInput
from workbench.domain.recipes import DpoRecipe
from workbench.domain.records import Job
from workbench.storage.sources import resolve_model
from workbench.training.batches import VALIDATION_ROWS, Encoder
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

_EXO_SMOOTHING = 1e-3  # what 2402.00856 uses; at 0 its loss is not defined


class Trainer(SessionTrainer, DPOTrainer):
    """TRL's DPO trainer in a run; policy and reference read no padding."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answer_packed(self.model)
        if self.ref_model is not None:
            answer_packed(self.ref_model)


def train(job: Job, session: RunSession) -> None:
    """Trains the job's model on preference pairs, without a reward model.

    Raises:
        StopRun: the person asked to stop or pause.
        WorkbenchError: the inputs cannot be used, or training could not go on.
    """
    recipe = job.recipe
    if not isinstance(recipe, DpoRecipe) or job.inputs.data is None:
        raise BadInput("A DPO run needs its settings and a dataset.", "Make the run again.")
    session.started(resumed_from(session))

    # 1. Policy and reference, the same weights unless the job names another reference. Under LoRA the reference is the
    # policy without its adapters; computed first, it need not stay in memory.
    seed_everything(session)
    dtype = weights_dtype(session)
    source = resolve_model(job.inputs.model, session.project)
    policy, tokenizer = load_policy(source, session.device, dtype, job.trust_remote_code)
    settle_threads(policy)
    reference = None
    named = job.inputs.reference or job.inputs.model
    if named != job.inputs.model or not (recipe.lora_rank or recipe.precompute_ref_log_probs):
        named_source = resolve_model(named, session.project)
        reference, _ = load_policy(named_source, session.device, dtype, job.trust_remote_code)

    # 2. Pairs as tokens: log-probabilities are summed over the response, its EOS included.
    encoder = Encoder(session, recipe, policy, tokenizer)
    pairs, _ = encoder.pairs(job.inputs.data)
    validation = None
    if job.inputs.validation is not None:
        validation, _ = encoder.pairs(job.inputs.validation, VALIDATION_ROWS)

    # 3. Train: -log sigmoid(beta h), h = log pi/pi_ref (chosen) - log pi/pi_ref (rejected) (Eq. 7), or a relative of it.
    trainer = Trainer(
        model=policy,
        ref_model=reference,
        args=training_arguments(
            DPOConfig,
            session,
            policy,
            len(pairs),
            beta=recipe.beta,
            disable_dropout=False,  # the model's own is off already; TRL's switch would take LoRA's too
            precompute_ref_log_probs=recipe.precompute_ref_log_probs,
            **loss_arguments(recipe),
        ),
        train_dataset=pairs,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=lora_config(recipe, "CAUSAL_LM"),
    )
    shows = Sampler(session, trainer.model, tokenizer, job.inputs.data).say
    run(trainer, Bridge(session, trainer, len(pairs), shows, validates=validation is not None), session)


def loss_arguments(recipe: DpoRecipe) -> dict[str, Any]:
    """Returns TRL's names for the recipe's loss.

    TRL 1.16 has no cDPO: its `sigmoid` ignores label_smoothing. With A = -log sigmoid(beta h), B = -log sigmoid(-beta h)
    and noise e, cDPO is (1 - e) A + e B (2305.18290's authors' note), and TRL's `robust` is ((1 - e) A - e B) / (1 - 2e)
    (2403.00409, Eq. 12), so cDPO = 2 (1 - e) sigmoid - (1 - 2e) robust.
    """
    noise = recipe.label_smoothing
    if recipe.loss_type == "cdpo":
        weights = [2 * (1 - noise), -(1 - 2 * noise)]
        return {"loss_type": ["sigmoid", "robust"], "loss_weights": weights, "label_smoothing": noise}
    if recipe.loss_type == "exo_pair":
        noise = noise or _EXO_SMOOTHING
    return {"loss_type": [recipe.loss_type], "label_smoothing": noise}
