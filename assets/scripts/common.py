import json
import math
from pathlib import Path

import torch
from datasets import Dataset
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    set_seed,
)

# SETTINGS

DATA = Path(__file__).resolve().with_name("data.jsonl")
SPEAKERS = {"user": "Human", "assistant": "Assistant", "tool": "Tool"}
IGNORED = -100  # the label that the loss passes over


def load_config(name):
    """Returns the model's configuration with dropout off."""
    config = AutoConfig.from_pretrained(name)
    text = config.get_text_config()
    for key, value in text.to_dict().items():
        if ("dropout" in key or "pdrop" in key) and isinstance(value, float):
            setattr(text, key, 0.0)
    return config


def load_policy(name):
    """Returns a language model and its tokenizer; weights in fp32, which small updates would vanish without."""
    model = AutoModelForCausalLM.from_pretrained(name, config=load_config(name), dtype=torch.float32)
    return model.eval(), load_tokenizer(name, model)


def load_tokenizer(name, model):
    """Returns the tokenizer, padding with a token that neither begins nor ends anything."""
    tokenizer = AutoTokenizer.from_pretrained(name)
    ends = [tokenizer.eos_token_id, model.config.get_text_config().eos_token_id, tokenizer.bos_token_id]
    taken = {token for end in ends for token in (end if isinstance(end, list) else [end])}
    candidates = (tokenizer.pad_token_id, tokenizer.unk_token_id, *reversed(range(len(tokenizer))))
    tokenizer.pad_token_id = next(token for token in candidates if token is not None and token not in taken)
    return tokenizer


def tokens(text, tokenizer, markup):
    """Returns a text's tokens; `<s>` and the like are special only where a chat template wrote them."""
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=not markup)["input_ids"])


def templated(turns, tokenizer):
    return not isinstance(turns, str) and tokenizer.chat_template is not None


def prompt_tokens(prompt, tokenizer, most=None):
    """Returns a prompt's tokens with BOS once; a longer one loses its beginning."""
    if isinstance(prompt, str):
        text = prompt
    elif templated(prompt, tokenizer):
        text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    else:
        said = [f"{SPEAKERS[m['role']]}: {m['content'].strip()}" if m["role"] in SPEAKERS else m["content"].strip()
                for m in prompt]
        text = "\n\n".join([*said, "Assistant:"])
    ids = tokens(text, tokenizer, templated(prompt, tokenizer))
    bos = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if not ids or (not templated(prompt, tokenizer) and tokenizer.bos_token_id is not None and ids[0] != bos):
        ids = [bos, *ids]
    if most is None or len(ids) <= most:
        return ids
    start = ids[:1] if ids[0] == tokenizer.bos_token_id else []
    return start + ids[len(ids) - most + len(start) :]


def response_tokens(response, tokenizer, cut):
    """Returns a response's tokens as a continuation, ended unless the data says that it was cut."""
    text = response if isinstance(response, str) else "\n\n".join(m["content"].strip() for m in response)
    if not isinstance(response, str) and not templated(response, tokenizer):
        text = f" {text}"
    markup = templated(response, tokenizer)
    ids = None
    for anchor in (":", ".", "\n", "0", "a"):  # some tokenizers put a space before any text that they get
        before, both = tokens(anchor, tokenizer, markup), tokens(anchor + text, tokenizer, markup)
        if both[: len(before)] == before:
            ids = both[len(before) :]
            break
    ids = tokens(text, tokenizer, markup) if ids is None else ids
    ends = RECIPE["append_eos"] == "always" or (RECIPE["append_eos"] == "auto" and not cut)
    return [*ids, end_token(tokenizer)] if ends else ids


def end_token(tokenizer):
    """Returns what the chat template writes behind a response, else EOS."""
    if tokenizer.chat_template is not None:
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
        shown = tokenizer.apply_chat_template(turns, tokenize=False)
        after = tokens(shown.rpartition("!")[2], tokenizer, True)
        if after and after[0] in tokenizer.all_special_ids:
            return after[0]
    return tokenizer.eos_token_id


def read_rows():
    with DATA.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def longest(model):
    values = model.config.get_text_config().to_dict()
    limit = values.get("max_position_embeddings") or values.get("n_positions") or values.get("n_ctx")
    return min(RECIPE["max_length"], limit or RECIPE["max_length"])


def read_pairs(model, tokenizer):
    """Returns the comparisons as tokens that fit the longest sequence; a prompt's beginning is cut first."""
    most, found = longest(model), []
    for row in read_rows():
        chosen = response_tokens(row["chosen"], tokenizer, row.get("chosen_cut"))
        rejected = response_tokens(row["rejected"], tokenizer, row.get("rejected_cut"))
        prompt = prompt_tokens(row["prompt"], tokenizer)
        response = max(len(chosen), len(rejected))
        if len(prompt) + response > most:
            prompt = prompt_tokens(row["prompt"], tokenizer, max(most - response, most // 2))
        room = most - len(prompt)
        if chosen[:room] != rejected[:room]:
            found.append({"prompt_ids": prompt, "chosen_ids": chosen[:room], "rejected_ids": rejected[:room],
                          "margin": row.get("margin") or 0.0})
    return found


def arguments(kind, model, n_rows, **more):
    """Returns a configuration of TRL with what the methods share."""
    rate = RECIPE["learning_rate"] or min(1e-3, BASE_LEARNING_RATE * math.sqrt(1e9 / model.num_parameters()))
    batch = RECIPE["batch_size"]
    steps = [math.ceil(math.ceil(n_rows / batch) * RECIPE["num_train_epochs"]), RECIPE["max_steps"] or math.inf,
             math.ceil(MAX_EPISODES / batch) if MAX_EPISODES else math.inf]
    fast = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    return kind(
        output_dir=str(OUT),
        seed=SEED,
        learning_rate=rate,
        per_device_train_batch_size=batch // RECIPE["gradient_accumulation_steps"],
        gradient_accumulation_steps=RECIPE["gradient_accumulation_steps"],
        max_steps=max(1, min(steps)),
        lr_scheduler_type=RECIPE["lr_scheduler_type"],
        warmup_steps=RECIPE["warmup_ratio"],
        weight_decay=RECIPE["weight_decay"],
        adam_epsilon=RECIPE["adam_epsilon"],
        max_grad_norm=RECIPE["max_grad_norm"],
        bf16=RECIPE["precision"] == "bf16" or (RECIPE["precision"] == "auto" and fast),
        gradient_checkpointing=RECIPE["gradient_checkpointing"],
        logging_steps=RECIPE["logging_steps"],
        save_strategy="no",
        report_to="none",
        max_length=None,  # the tokens fit already
        **more,
    )


def lora(task):
    """Returns the settings of LoRA; None where all weights are trained."""
    if not RECIPE["lora_rank"]:
        return None
    from peft import LoraConfig

    return LoraConfig(r=RECIPE["lora_rank"], lora_alpha=RECIPE["lora_alpha"], lora_dropout=RECIPE["lora_dropout"],
                      target_modules="all-linear", task_type=task, modules_to_save=["score"] if task == "SEQ_CLS" else None)


def finish(trainer, tokenizer):
    """Trains, keeps model and log."""
    trainer.train()
    trainer.save_model(str(OUT))
    tokenizer.save_pretrained(str(OUT))
    (OUT / "log.json").write_text(json.dumps(trainer.state.log_history, indent=1))
