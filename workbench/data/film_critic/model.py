"""The film critic's base model folder: a small Llama's configuration and a word-level tokenizer, without weights.

Written by hand as plain JSON, so that making the demo's data loads no learning library. The weights are drawn by the
fine-tuning stage, from its seed.
"""

import json
from pathlib import Path
from typing import Any

from workbench.data.film_critic.words import vocabulary

PAD, BOS, EOS, UNKNOWN = "<pad>", "<bos>", "<eos>", "<unk>"
SPECIAL = (PAD, BOS, EOS, UNKNOWN)  # their ids are their places: 0, 1, 2, 3
CONTEXT = 128  # tokens; a note has at most 13 and a response of the demo at most 48


def write_base_model(folder: Path) -> None:
    """Writes config.json, tokenizer.json, tokenizer_config.json and generation_config.json; same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "config.json": llama_config(),
        "tokenizer.json": tokenizer(),
        "tokenizer_config.json": _tokenizer_config(),
        "generation_config.json": {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")


def llama_config() -> dict[str, Any]:
    """Returns a Llama of 167 thousand parameters: copying from the note is what is hard here, and three layers suffice."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(SPECIAL) + len(vocabulary()),
        "hidden_size": 64,
        "intermediate_size": 192,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "head_dim": 16,
        "max_position_embeddings": CONTEXT,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "tie_word_embeddings": True,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "initializer_range": 0.1,  # about 1 / sqrt(hidden_size): with 0.02 it takes three times as long to learn to copy
        "use_cache": True,
        "dtype": "float32",
        "bos_token_id": SPECIAL.index(BOS),
        "eos_token_id": SPECIAL.index(EOS),
        "pad_token_id": SPECIAL.index(PAD),
    }


def tokenizer() -> dict[str, Any]:
    """Returns a tokenizer.json that splits on words and full stops and joins words with one space."""
    words = [*SPECIAL, *vocabulary()]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(place, token) for place, token in enumerate(SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        # With nothing to join (no "##" pieces) and no clean-up, this decoder writes the words with a space between them.
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
        "model": {
            "type": "WordLevel",
            "vocab": {word: place for place, word in enumerate(words)},
            "unk_token": UNKNOWN,
        },
    }


def _added_token(place: int, token: str) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": place, "content": token, **flags}


def _tokenizer_config() -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PAD,
        "unk_token": UNKNOWN,
        "model_max_length": CONTEXT,
        "padding_side": "left",
        "clean_up_tokenization_spaces": False,
    }
