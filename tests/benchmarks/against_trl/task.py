"""A task with a known gold reward: reviews from a grammar, and Llama-shaped models that were trained on them.

Gold reward = positive words - negative words - 0.03 x tokens. Runs in the workbench's environment and in TRL's own, so it
needs no more than torch and transformers: `python task.py FOLDER SIZE`.
"""

import json
import random
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from torch.nn import functional
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

Tokens = list[list[int]]
VOCABULARY, PROMPT_TOKENS, RESPONSE_TOKENS = 2048, 16, 48
PAD, EOS = 0, 1
N_TEXTS, N_PROMPTS, N_PAIRS = 16_000, 4_096, 384
# hidden size, size between, layers, heads; steps of fine-tuning and of the reward model; learning rate of PPO
SIZES = {
    "S": (128, 384, 4, 4, 400, 150, 1e-4),  # 1.1 million parameters
    "M": (256, 704, 6, 4, 300, 60, 5e-5),  # 5.3 million
    "L": (384, 1024, 8, 6, 150, 40, 3e-5),  # 15 million
}
_words = random.Random(7)
_ONSETS = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "st",
    "tr",
    "pl",
    "gr",
]
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ou", "ee"]
_CODAS = ["n", "r", "s", "t", "l", "m", "d", "k"]


def _vocabulary(count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        syllables = "".join(_words.choice(_ONSETS) + _words.choice(_VOWELS) for _ in range(2))
        if (word := syllables + _words.choice(["", _words.choice(_CODAS)])) not in found:
            found.append(word)
    return found


NOUNS, POSITIVE, NEGATIVE, NEUTRAL, VERBS, ADVERBS = map(_vocabulary, (260, 40, 40, 150, 120, 60))


def prompt(r: random.Random) -> str:
    """Returns a review's beginning."""
    nouns = [r.choice(NOUNS) for _ in range(4)]
    text = f"review of the {r.choice(NEUTRAL)} {nouns[0]} from {nouns[1]} by {nouns[2]} for {nouns[3]}"
    return text + (" " + r.choice(NEUTRAL) if r.random() < 0.5 else "") + " :"


def body(r: random.Random) -> str:
    """Returns the rest of a review, of one to seven clauses."""
    count = 1
    while r.random() < 0.72 and count < 7:
        count += 1
    return " " + " and ".join(_clause(r) for _ in range(count)) + " ."


def _clause(r: random.Random) -> str:
    opinion = POSITIVE if r.random() < 0.5 else NEGATIVE
    adjective = r.choice(opinion) if r.random() < 0.55 else r.choice(NEUTRAL)
    kind = r.random()
    if kind < 0.4:
        adverb = r.choice(ADVERBS) + " " if r.random() < 0.3 else ""
        return f"the {r.choice(NOUNS)} was {adverb}{adjective}"
    if kind < 0.7:
        return f"it {r.choice(VERBS)} a {adjective} {r.choice(NOUNS)}"
    return f"my {r.choice(NOUNS)} {r.choice(VERBS)} {r.choice(ADVERBS)}"


def gold(text: str, n_tokens: int) -> float:
    """Returns the gold reward of a review of so many tokens."""
    words = text.split()
    return sum(word in POSITIVE for word in words) - sum(word in NEGATIVE for word in words) - 0.03 * n_tokens


def tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Returns the task's tokenizer, made when first asked for."""
    place = folder / "tokenizer"
    if not (place / "tokenizer.json").exists():
        raw = Tokenizer(models.BPE())
        raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        r = random.Random(1)
        trainer = trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=["<pad>", "<eos>", "<unk>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        raw.train_from_iterator([prompt(r) + body(r) for _ in range(20_000)], trainer)
        made = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
        made.save_pretrained(place)
    return PreTrainedTokenizerFast.from_pretrained(place, padding_side="left")


def make(folder: Path, size: str) -> None:
    """Fills a folder with tokenizer, prompts, pairs, a fine-tuned policy and a reward model, each unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    tok, r = tokenizer(folder), random.Random(11)
    prompts, bodies = zip(*[(prompt(r), body(r)) for _ in range(N_TEXTS)], strict=True)
    prompt_ids = tok(list(prompts))["input_ids"]
    body_ids = [[*ids, EOS] for ids in tok(list(bodies))["input_ids"]]
    if not (folder / f"policy_{size}").exists():
        _train_policy(folder, size, prompt_ids, body_ids, r)
    if not (folder / f"reward_{size}").exists():
        golds = [gold(text, len(ids)) for text, ids in zip(bodies, body_ids, strict=True)]
        _train_reward(folder, size, prompt_ids, body_ids, golds, r)
    r = random.Random(5)
    (folder / "prompts.json").write_text(json.dumps([prompt(r) for _ in range(N_PROMPTS)]))
    (folder / "pairs.json").write_text(json.dumps(_pairs(tok)))


def _pairs(tok: PreTrainedTokenizerFast) -> list[dict[str, str]]:
    r, rows = random.Random(21), []
    for _ in range(N_PAIRS):
        text, a, b = prompt(r), body(r), body(r)
        if gold(a, len(tok(a)["input_ids"])) < gold(b, len(tok(b)["input_ids"])):
            a, b = b, a
        rows.append({"prompt": text, "chosen": a, "rejected": b})
    return rows


def _config(size: str) -> LlamaConfig:
    hidden, between, layers, heads, *_ = SIZES[size]
    return LlamaConfig(
        vocab_size=VOCABULARY,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        pad_token_id=PAD,
        eos_token_id=EOS,
        bos_token_id=None,
        attention_dropout=0.0,
        hidden_size=hidden,
        intermediate_size=between,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
    )


def _batch(sequences: list[list[int]]) -> Tensor:
    ids = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.long)
    for row, sequence in zip(ids, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence)
    return ids


def _train_policy(folder: Path, size: str, prompt_ids: Tokens, body_ids: Tokens, r: random.Random) -> None:
    torch.manual_seed(0)
    steps, peak = SIZES[size][4], 1.2e-3 if size == "L" else 2e-3
    policy = LlamaForCausalLM(_config(size))
    optimizer = torch.optim.AdamW(policy.parameters(), lr=peak, weight_decay=0.01)
    for step in range(steps):
        chosen = r.sample(range(N_TEXTS), 64)
        ids = _batch([(prompt_ids[i] + body_ids[i])[: PROMPT_TOKENS + RESPONSE_TOKENS + 8] for i in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            logits = policy(input_ids=ids, attention_mask=(ids != PAD)).logits
        labels = ids[:, 1:].masked_fill(ids[:, 1:] == PAD, -100)
        functional.cross_entropy(logits[:, :-1].float().flatten(0, 1), labels.flatten()).backward()
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1, (step + 1) / 20) * (0.1 + 0.9 * (1 - step / steps))
        _step(policy, optimizer)
    policy.generation_config.pad_token_id, policy.generation_config.eos_token_id = PAD, EOS
    policy.save_pretrained(folder / f"policy_{size}")


def _train_reward(
    folder: Path, size: str, prompt_ids: Tokens, body_ids: Tokens, golds: list[float], r: random.Random
) -> None:
    torch.manual_seed(0)
    config = _config(size)
    config.num_labels = 1
    reward = LlamaForSequenceClassification(config)
    policy = LlamaForCausalLM.from_pretrained(folder / f"policy_{size}", dtype=torch.float32)
    reward.model.load_state_dict(policy.model.state_dict())
    torch.nn.init.normal_(reward.score.weight, std=(config.hidden_size + 1) ** -0.5)
    optimizer = torch.optim.AdamW(reward.parameters(), lr=5e-4)
    for _ in range(SIZES[size][5]):
        chosen = r.sample(range(N_TEXTS), 64)  # two by two, both behind the first one's prompt
        ids = _batch([prompt_ids[chosen[k - k % 2]] + body_ids[i][:RESPONSE_TOKENS] for k, i in enumerate(chosen)])
        with torch.autocast("cpu", torch.bfloat16):
            hidden = reward.model(input_ids=ids, attention_mask=(ids != PAD)).last_hidden_state
        scores = reward.score(hidden[torch.arange(64), (ids != PAD).sum(1) - 1].float()).view(-1, 2)
        target = torch.tensor([golds[a] - golds[b] for a, b in zip(chosen[::2], chosen[1::2], strict=True)]).sigmoid()
        functional.binary_cross_entropy_with_logits(scores[:, 0] - scores[:, 1], target).backward()
        _step(reward, optimizer)
    reward.config.pad_token_id = PAD
    reward.save_pretrained(folder / f"reward_{size}")


def _step(model: PreTrainedModel, optimizer: torch.optim.Optimizer) -> None:
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
