"""Between the words in a field and the values of an experiment file."""

from typing import Any

SYNONYMS = {  # words of other tools and of daily use by which a setting is searched for
    "episodes": "budget max_steps maximum steps length total_episodes samples",
    "tokens": "budget max_steps maximum steps length",
    "seconds": "budget max_steps maximum steps length time limit",
    "num_train_epochs": "budget max_steps maximum steps length passes",
    "total_episodes": "budget max_steps maximum steps length epochs",
    "learning_rate": "lr step size",
    "batch_size": "per_device_train_batch_size",
    "gradient_accumulation_steps": "micro batch memory",
    "beta": "kl coefficient penalty strength",
    "kl_coef": "beta kl penalty strength",
    "lora_r": "adapter peft rank",
    "n_checkpoints": "save_steps saves evaluation points",
    "seeds": "repeats random",
    "max_new_tokens": "response length max_length",
    "rewards": "reward function program scorer combine weight",
    "reward_models": "ensemble members number",
    "ensemble": "worst case uncertainty wco uwo",
    "length_cap": "overlong long guardrail",
    "kl_cap": "guardrail limit budget hinge",
    "judges": "gold scorer reward function evaluator",
    "model": "start model base checkpoint",
    "dataset": "pairs preferences data",
}


def read_words(text: str, kind: str) -> list[Any]:
    """Returns the values in a field, separated by commas; what is no number stays text, for the domain to refuse."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if kind == "list":
        return [[_number(word) for word in words]] if words else []
    if kind in ("whole", "number"):
        return [_number(word) for word in words]
    return [text.strip()] if text.strip() else []


def values_words(values: list[Any]) -> str:
    """Returns the words that stand for these values in a field: those that `read_words` reads back."""
    return ", ".join(value_words(value) for value in values)


def value_words(value: Any) -> str:
    """Returns the words for one value; none for None."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _number(word: str) -> Any:
    for read in (int, float):
        try:
            return read(word)
        except ValueError:
            continue
    return word
