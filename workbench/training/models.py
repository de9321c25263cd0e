"""Model folders: checked before anything in them runs, then loaded with dropout off."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GenerationMixin,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from workbench.domain.errors import BadInput, ModelRefused, NoEndOfSequence
from workbench.domain.recipes import TrainingRecipe
from workbench.storage.model_folders import base_of_adapter, check_folder
from workbench.training.hub import fetch

Task = Literal["CAUSAL_LM", "SEQ_CLS"]
_CLASSES = {"CAUSAL_LM": AutoModelForCausalLM, "SEQ_CLS": AutoModelForSequenceClassification}


def load_policy(
    source: Path | str,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    trust_remote_code: bool = False,
    from_scratch_seed: int | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Loads a causal language model and its tokenizer; adapters are merged into their base.

    Args:
        source: a model folder, or a hub id (see `storage.sources.resolve_model`).
        device: where the weights go.
        dtype: the weights' number format.
        trust_remote_code: runs code that the model brings along.
        from_scratch_seed: weights are drawn from this seed; the folder needs a configuration and a tokenizer only.

    Raises:
        ModelRefused: no tokenizer, weights as a pickle, code of its own, or weights that cannot be read.
        Offline: a hub id, not in the cache, and the hub cannot be reached.
    """
    folder = fetch(source, trust_remote_code, needs_weights=from_scratch_seed is None)
    if from_scratch_seed is None:
        model = _load(folder, "CAUSAL_LM", dtype, trust_remote_code)
    else:
        model = _build(folder, dtype, trust_remote_code, from_scratch_seed)
    return _on(device, model), load_tokenizer(folder, model, trust_remote_code)


def load_scoring_model(
    source: Path | str,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    trust_remote_code: bool = False,
    head_seed: int | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Loads a model that gives a sequence one score, and its tokenizer.

    Args:
        source: a reward model; with `head_seed`, any language model.
        device, dtype, trust_remote_code: as in `load_policy`.
        head_seed: draws a new head from N(0, 1 / sqrt(d + 1)) (vwxyzjn/summarize_from_feedback_details, reward.py),
            with d the hidden size, so that scores start with variance near 1.

    Raises:
        ModelRefused, Offline: as in `load_policy`.
    """
    folder = fetch(source, trust_remote_code)
    model = _load(folder, "SEQ_CLS", dtype, trust_remote_code, new_head=head_seed is not None)
    tokenizer = load_tokenizer(folder, model, trust_remote_code)
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id  # the score is read before the padding
    keep_head_exact(model)
    if head_seed is not None:
        _draw_head(model, head_seed)
    return _on(device, model), tokenizer


class ScoreHead(torch.nn.Linear):
    """A head in fp32 whatever surrounds it: in bf16 two scores near 3 would differ by 1/64 or not at all."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  (torch's name)
        """Returns scores [..., 1] in fp32 of hidden states [..., d] in any number format."""
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.float())


def keep_head_exact(model: PreTrainedModel) -> None:
    """Puts a `ScoreHead` with the same weights in place of the model's linear head, where it has one."""
    old = dict(model.named_children()).get("score")
    if not isinstance(old, torch.nn.Linear):
        return
    head = ScoreHead(old.in_features, old.out_features, bias=old.bias is not None, device="meta")
    head.load_state_dict({name: value.float() for name, value in old.state_dict().items()}, assign=True)
    model.add_module("score", head.requires_grad_(True))


def load_tokenizer(folder: Path, model: PreTrainedModel, trust_remote_code: bool = False) -> PreTrainedTokenizerBase:
    """Loads a folder's tokenizer, with a padding token that is not EOS where possible."""
    with _refusing(folder, "tokenizer"):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    tokenizer.pad_token_id = pad_token_id(tokenizer, model)
    return tokenizer


def end_token_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Returns every token that ends a response: the tokenizer's, the generation settings' and the configuration's.

    Raises:
        NoEndOfSequence: none is named.
    """
    named = _end_ids(model, tokenizer)
    if not named:
        raise NoEndOfSequence(
            "Neither the model nor its tokenizer names an end-of-sequence token, so no response could ever end.",
            "Name one as `eos_token` in the folder's tokenizer_config.json.",
        )
    return tuple(sorted(named))


def pad_token_id(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """Returns a token to pad with that ends nothing and begins nothing, where the vocabulary has one.

    A reward model's score is read at the last token that is not padding, so padding with EOS would skip the ending.
    """
    taken = {*_end_ids(model, tokenizer), tokenizer.bos_token_id}
    for candidate in (tokenizer.pad_token_id, tokenizer.unk_token_id, *reversed(range(len(tokenizer)))):
        if candidate is not None and candidate not in taken and tokenizer.convert_ids_to_tokens(candidate) is not None:
            return int(candidate)
    return int(tokenizer.eos_token_id or 0)


def context_length(model: PreTrainedModel) -> int | None:
    """Returns the most tokens that the model can read; None where its configuration does not say."""
    values: dict[str, Any] = model.config.get_text_config().to_dict()
    limit = values.get("max_position_embeddings") or values.get("n_positions") or values.get("n_ctx")
    return int(limit) if limit else None


def prompt_limit(model: PreTrainedModel, max_new_tokens: int) -> int | None:
    """Returns the tokens that a prompt may take so that a response fits behind it; None where there is no limit.

    Raises:
        BadInput: the response alone is longer than what the model reads.
    """
    limit = context_length(model)
    if limit is None or limit > max_new_tokens:
        return None if limit is None else limit - max_new_tokens
    raise BadInput(
        f"Responses of {max_new_tokens} tokens leave no room for a prompt: the model reads {limit}.",
        f"Set the longest response to {limit // 2} tokens or fewer.",
    )


def lora_config(recipe: TrainingRecipe, task: Task | None) -> Any:
    """Returns the recipe's LoRA settings (2106.09685) for all linear layers; None where the rank is 0.

    Args:
        recipe: has them.
        task: of the model; None for a transformer without a head.
    """
    if recipe.lora_rank == 0:
        return None
    from peft import LoraConfig  # noqa: PLC0415  (a second of import that full fine-tuning does without)

    return LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,  # type: ignore[arg-type]
        lora_dropout=recipe.lora_dropout,
        target_modules="all-linear",
        task_type=task,
        modules_to_save=["score"] if task == "SEQ_CLS" else None,
    )


def wrap_lora(model: PreTrainedModel, recipe: TrainingRecipe, task: Task | None = "CAUSAL_LM", seed: int = 0) -> Any:
    """Returns the model with trainable adapters drawn from `seed`; the model itself where the rank is 0."""
    config = lora_config(recipe, task)
    if config is None:
        return model
    from peft import get_peft_model  # noqa: PLC0415

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return get_peft_model(model, config)


def _end_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    # Only models that generate have generation settings; a scoring model has none.
    generation = model.generation_config.eos_token_id if isinstance(model, GenerationMixin) else None
    named: set[int] = set()
    for value in (tokenizer.eos_token_id, generation, model.config.get_text_config().eos_token_id):
        named.update(value if isinstance(value, list | tuple) else [] if value is None else [value])
    return named


def _load(
    folder: Path, task: Task, dtype: torch.dtype, trust_remote_code: bool, new_head: bool = False
) -> PreTrainedModel:
    check_folder(folder, trust_remote_code)
    if (base := base_of_adapter(folder)) is not None:
        return _load_adapter(folder, fetch(base, trust_remote_code), task, dtype, trust_remote_code)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    config = _config(folder, trust_remote_code)
    if task == "SEQ_CLS":
        config.num_labels = 1
    with _refusing(folder, "weights"):
        model, report = _CLASSES[task].from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=trust_remote_code,
            output_loading_info=True,
        )
    if missing := sorted(report["missing_keys"]):
        _refuse_missing(folder, missing, new_head)
    loaded: PreTrainedModel = model
    return loaded


def _refuse_missing(folder: Path, missing: list[str], new_head: bool) -> None:
    """Weights that are not in the folder would be random ones; only a head that is drawn anew may be missing."""
    heads = [name for name in missing if name.startswith(("score.", "classifier."))]
    if len(heads) < len(missing):
        raise ModelRefused(
            f"The weights in {folder} lack {missing[0]} and {len(missing) - 1} more.", "Is the download complete?"
        )
    if not new_head:
        raise ModelRefused(
            f"{folder} is no reward model: it gives no score.", "Train a reward model from it, or name another folder."
        )


def _load_adapter(folder: Path, base: Path, task: Task, dtype: torch.dtype, trust_remote_code: bool) -> PreTrainedModel:
    from peft import PeftModel  # noqa: PLC0415

    model = _load(base, task, dtype, trust_remote_code, new_head=True)  # the adapter brings its head
    with _refusing(folder, "adapter"):
        merged: PreTrainedModel = PeftModel.from_pretrained(model, folder).merge_and_unload()
    merged.config._name_or_path = str(folder)  # what adapters trained on top name as their base
    return merged


def _build(folder: Path, dtype: torch.dtype, trust_remote_code: bool, seed: int) -> PreTrainedModel:
    check_folder(folder, trust_remote_code, needs_weights=False)
    config = _config(folder, trust_remote_code)
    with _refusing(folder, "configuration"), torch.random.fork_rng():
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=dtype, trust_remote_code=trust_remote_code
        )
    model.config._name_or_path = str(folder)
    return model


def _config(folder: Path, trust_remote_code: bool) -> PreTrainedConfig:
    with _refusing(folder, "configuration"):
        config: PreTrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
    text = config.get_text_config()
    for name, value in text.to_dict().items():
        if ("dropout" in name or "pdrop" in name) and isinstance(value, float):
            setattr(text, name, 0.0)  # 2403.17031, detail 5: dropout makes the first ratio differ from 1
    return config


def _on(device: torch.device, model: PreTrainedModel) -> PreTrainedModel:
    placed: PreTrainedModel = torch.nn.Module.to(model, device)
    torch.nn.Module.eval(placed)
    return placed


def _draw_head(model: PreTrainedModel, seed: int) -> None:
    head = model.get_submodule("score" if "score" in dict(model.named_children()) else "classifier")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in head.named_parameters():
            std = 0.0 if name.endswith("bias") else (parameter.shape[-1] + 1) ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)


@contextmanager
def _refusing(folder: Path, part: str) -> Iterator[None]:
    """Turns what the libraries say about a broken folder into a sentence."""
    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError, json.JSONDecodeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelRefused(
            f"The {part} in {folder} cannot be loaded: {first.rstrip('.')}.",
            "Is the folder complete, and of a model that the installed transformers knows?",
        ) from error
