"""The columns of an evaluation's samples: one Parquet row for each response.

Sums run over the response's tokens with the end-of-sequence token and without padding; logarithms are natural. All
log-probabilities are of the distribution that was sampled from (logits divided by the temperature).
"""

from typing import Literal

StopReason = Literal["eos", "length", "stop_string"]

PROMPT_KEY = "prompt_key"  # str, names the prompt (domain.pairs.prompt_key)
PROMPT = "prompt"  # str, the rendered prompt
RESPONSE = "response"  # str, without special tokens
N_TOKENS = "n_tokens"  # int, end-of-sequence token included
STOP_REASON = "stop_reason"  # StopReason
PROXY = "proxy"  # float, the reward model's score; null without one
GOLD = "gold"  # float, the first judge's score
LOGP_POLICY = "logp_policy"  # float, sum of log pi(token)
LOGP_REFERENCE = "logp_reference"  # float, sum of log pi_ref(token)
KL = "kl"  # float, nats: sum over tokens of the exact KL over the vocabulary (2504.10637)
KL_TOKENS = "kl_tokens"  # list of float16, nats: `kl` token by token; older evaluations lack it
KL_K1 = "kl_k1"  # float, nats: logp_policy - logp_reference
KL_K3 = "kl_k3"  # float, nats: sum of (rho - 1 - log rho), rho = pi_ref / pi
ENTROPY = "entropy"  # float, nats: sum over tokens of the policy's entropy
ROUND = "round"  # samples/round-3.parquet: the third response to each prompt, of a best-of-n run
VALIDATION_SAMPLES = "validation-{step}.parquet"  # beside checkpoint-STEP.parquet, of the prompts that choose
SCORE_PREFIX = "score:"  # "score:NAME" for each further judge
HELDOUT = "held-out reward model"  # the judge that a second reward model is, which nothing was trained against
MINIMUM, SPREAD = "minimum", "spread"  # of an ensemble's members, beside their mean; the spread is their population sd


def chooses(key: str) -> bool:
    """Says whether a test prompt belongs to the half that chooses a checkpoint where no validation prompts were sampled.

    By a fixed hash: the prompt's key is one, and the parity of its last digit is that of the whole number. The other half
    reports, so that no figure of a chosen checkpoint is from the prompts that it was chosen on.

    Args:
        key: of the prompt, by `domain.pairs.prompt_key`.
    """
    return ord(key[-1]) % 2 == 0  # "0" to "9" and "a" to "f": eight even codes and eight odd ones


def score_column(judge: str) -> str:
    """Returns the column of a judge's scores."""
    return f"{SCORE_PREFIX}{judge}"
