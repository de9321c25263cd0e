"""The models and tokens of the benchmark: random weights, random prompts, no tokenizer files. Needs torch and transformers.

Speed depends on shapes and not on what the weights have learned, except for where responses end: no random policy samples
the end of sequence often, so nearly all responses take their full length on both sides.
"""

import random

import torch
from tokenizers import Tokenizer, models
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)

# layers, hidden size, size between, heads, key-value heads, vocabulary; prompt and response tokens; pairs and episodes
SHAPES = {
    "qwen": ((24, 896, 4864, 14, 2, 151_936), 128, 256, 32, 128),  # Qwen2.5 0.5B's
    "llama": ((16, 1024, 4096, 16, 8, 128_256), 128, 256, 32, 128),  # a Llama of half a billion
    "tiny": ((2, 32, 64, 2, 1, 64), 8, 12, 4, 8),  # shows on a CPU that all of it runs
}
PAD, EOS, FIRST = 0, 1, 2  # tokens
EPOCHS, MINIBATCHES = 4, 4


def config(shape: str) -> LlamaConfig:
    """Returns the configuration of a shape."""
    layers, hidden, between, heads, kv_heads, vocabulary = SHAPES[shape][0]
    return LlamaConfig(
        num_hidden_layers=layers,
        hidden_size=hidden,
        intermediate_size=between,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        vocab_size=vocabulary,
        tie_word_embeddings=True,
        max_position_embeddings=2048,
        pad_token_id=PAD,
        eos_token_id=EOS,
        bos_token_id=None,
        num_labels=1,
    )


def model(shape: str, kind: type, seed: int, device: str) -> LlamaForCausalLM | LlamaForSequenceClassification:
    """Returns a model with random weights in fp32; the number format of products is the trainers' own affair."""
    torch.manual_seed(seed)
    return kind(config(shape)).to(device).eval()


def prompts(shape: str, n: int) -> list[list[int]]:
    """Returns prompts of half to the whole length."""
    draw, longest = random.Random(1), SHAPES[shape][1]
    return [tokens(draw, shape, draw.randint(longest // 2, longest)) for _ in range(n)]


def pairs(shape: str, n: int) -> list[dict[str, list[int]]]:
    """Returns pairs of responses of half to the whole length, as tokens."""
    draw, longest = random.Random(2), SHAPES[shape][2]
    sizes = lambda: draw.randint(longest // 2, longest)  # noqa: E731
    return [
        {"prompt_ids": prompt}
        | {name: [*tokens(draw, shape, sizes() - 1), EOS] for name in ("chosen_ids", "rejected_ids")}
        for prompt in prompts(shape, n)
    ]


def tokens(draw: random.Random, shape: str, n: int) -> list[int]:
    """Returns random tokens."""
    return [draw.randrange(FIRST, SHAPES[shape][0][5]) for _ in range(n)]


def tokenizer(shape: str) -> PreTrainedTokenizerFast:
    """Returns a tokenizer of one word for each token, since TRL asks for one."""
    words = {"<pad>": PAD, "<eos>": EOS} | {f"w{i}": i for i in range(FIRST, SHAPES[shape][0][5])}
    raw = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>", padding_side="left")


def read_parameters(shape: str) -> int:
    """Returns the weights that take part in a token's pass: all but the table of embeddings, the head included."""
    layers, hidden, between, heads, kv_heads, vocabulary = SHAPES[shape][0]
    attention = hidden * hidden * 2 + 2 * hidden * hidden * kv_heads // heads
    return layers * (attention + 3 * hidden * between) + hidden * vocabulary
