"""A reward model's scores for 768 texts: as a plain transformers loop gives them, in padded batches of 16, and as ours.

`python scoring.py FOLDER SIZE OUT`: writes the seconds of every pass, ours and theirs in turn, in fp32 and bf16.
"""

import json
import sys
import time
from pathlib import Path

import task
import torch
from transformers import LlamaForSequenceClassification

from workbench.domain.pairs import plain
from workbench.training.device import autocast
from workbench.training.scoring import RewardScorer, RewardSettings

folder, size, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
SIDES = ("chosen", "rejected")
torch.set_num_threads(2)
tok = task.tokenizer(folder)
rows = [(pair["prompt"], pair[side]) for pair in json.loads((folder / "pairs.json").read_text()) for side in SIDES]
model = LlamaForSequenceClassification.from_pretrained(folder / f"reward_{size}", dtype=torch.float32).eval()
scorer = RewardScorer(model, tok, RewardSettings())


def ours() -> torch.Tensor:
    """Returns the scores by our scorer."""
    return torch.as_tensor(scorer.raw_scores([plain(prompt) for prompt, _ in rows], [text for _, text in rows]))


def theirs() -> torch.Tensor:
    """Returns them by a loop over the rows as they come."""
    scores = []
    for start in range(0, len(rows), 16):
        texts = [prompt + response + tok.eos_token for prompt, response in rows[start : start + 16]]
        batch = tok(texts, return_tensors="pt", padding=True, padding_side="right", return_token_type_ids=False)
        scores.append(model(**batch).logits.squeeze(-1).float())
    return torch.cat(scores)


found: dict[str, list[float]] = {}
with torch.no_grad():
    assert torch.allclose(ours().float(), theirs(), atol=1e-3), "the two do not score alike"
    for dtype in (torch.float32, torch.bfloat16):
        for _ in range(4):
            for name, score in (("ours", ours), ("theirs", theirs)):
                began = time.perf_counter()
                with autocast(model.device, dtype):
                    score()
                found.setdefault(f"{name} {str(dtype).removeprefix('torch.')}", []).append(time.perf_counter() - began)
out.write_text(json.dumps(found))
