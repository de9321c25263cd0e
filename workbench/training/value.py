"""The value model of PPO: what reward is still to come, judged before each response token."""

from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel

from workbench.training.forward import ResponseBatch, forward_trunk

_HEAD_FILE, _ADAPTER = "value_head.safetensors", "adapter_config.json"
# Hidden features are standardised for the fit; directions with less than this share of a feature's variance are shrunk.
# A few dozen episodes carry no more.
_RIDGE = 0.1


class ValueModel(nn.Module):
    """A scalar head on a trunk: its own, or the policy's.

    Attributes:
        trunk: the model's own transformer, with adapters where they alone are trained; None where it reads the policy's
            hidden states.
        head: hidden size to 1, in fp32.
        is_fitted: the head means something; else fit it (`fit_head`) to the first rollout.
    """

    def __init__(self, head: nn.Linear, trunk: PreTrainedModel | None, *, is_fitted: bool) -> None:
        super().__init__()
        self.head = head.float()
        self.trunk = trunk
        self.is_fitted = is_fitted

    @classmethod
    def new(cls, hidden_size: int, trunk: PreTrainedModel | None, device: torch.device) -> Self:
        """Returns a model whose head is zero and wants to be fitted."""
        head = nn.Linear(hidden_size, 1, device=device)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        return cls(head, trunk, is_fitted=False)

    @classmethod
    def from_reward(cls, trunk: PreTrainedModel, score: nn.Linear, mean: float, std: float, *, is_fitted: bool) -> Self:
        """Returns a model that starts as the reward model, normalised as its scores are.

        Args:
            trunk: the reward model's transformer.
            score: its head, hidden size to 1.
            mean, std: of the normalisation (score - mean) / std.
            is_fitted: false where rewards are on another scale than scores, and the head wants to be fitted to them.
        """
        head = nn.Linear(score.in_features, 1, device=score.weight.device)
        with torch.no_grad():
            head.weight.copy_(score.weight / std)
            bias = torch.zeros_like(head.bias) if score.bias is None else score.bias
            head.bias.copy_((bias - mean) / std)
        return cls(head, trunk, is_fitted=is_fitted)

    def features(self, batch: ResponseBatch, policy_hidden: Tensor | None) -> Tensor:
        """Returns what the head reads at the positions that predict response tokens, [n, d].

        Args:
            batch: the sequences.
            policy_hidden: [n, d] the policy's hidden states there; needed where there is no trunk.
        """
        if self.trunk is not None:
            return forward_trunk(self.trunk, batch)
        if policy_hidden is None:
            raise ValueError("a value head without a trunk reads the policy's hidden states")
        return policy_hidden

    def forward(self, batch: ResponseBatch, policy_hidden: Tensor | None) -> Tensor:
        """Returns the values [n] at the positions that predict response tokens."""
        return self.read(self.features(batch, policy_hidden))

    def read(self, features: Tensor) -> Tensor:
        """Returns the head's values [n] for features [n, d], in fp32 under autocast too."""
        with torch.autocast(features.device.type, enabled=False):
            return torch.as_tensor(self.head(features.float())).squeeze(-1)

    def save(self, folder: Path) -> None:
        """Writes trunk and head."""
        if self.trunk is not None:
            self.trunk.save_pretrained(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_file({name: weight.contiguous() for name, weight in self.head.state_dict().items()}, folder / _HEAD_FILE)

    @classmethod
    def load(
        cls, folder: Path, device: torch.device, base: Callable[[], PreTrainedModel], *, trust_remote_code: bool
    ) -> Self:
        """Reads what `save` wrote, in fp32.

        Args:
            folder: as `save` got it.
            device: where the weights go.
            base: gives the trunk that training began with; asked where adapters alone were saved.
            trust_remote_code: runs code that the trunk brings along.
        """
        weights = load_file(folder / _HEAD_FILE, device=str(device))
        trunk = None
        if (folder / _ADAPTER).exists():
            from peft import PeftModel  # noqa: PLC0415  (a second of import that full fine-tuning does without)

            trunk = cast("PreTrainedModel", PeftModel.from_pretrained(base(), folder, is_trainable=True).eval())
        elif (folder / "config.json").exists():
            trunk = AutoModel.from_pretrained(folder, dtype=torch.float32, trust_remote_code=trust_remote_code)
            trunk = trunk.to(device).eval()
        value = cls.new(weights["weight"].shape[1], trunk, device)
        value.head.load_state_dict(weights)
        value.is_fitted = True
        return value


@torch.no_grad()
def fit_head(head: nn.Linear, features: Tensor, returns: Tensor) -> None:
    """Fits a linear head to returns by ridge regression.

    A head that starts at zero would take the first updates' whole return for luck: every token, the ending above all,
    would be praised or blamed for what was to be expected.

    Args:
        head: overwritten.
        features: [n, d].
        returns: [n] reward to come after each token.
    """
    # In double precision, which not every device has: the normal equations square the condition.
    x, y = features.cpu().double(), returns.cpu().double()
    centre, scale = x.mean(0), x.std(0).clamp(min=1e-6)
    z = (x - centre) / scale
    gram = z.T @ z + _RIDGE * len(z) * torch.eye(z.shape[1], dtype=z.dtype)
    slopes = torch.linalg.solve(gram, z.T @ (y - y.mean())) / scale
    head.weight.copy_(slopes.unsqueeze(0))
    head.bias.copy_((y.mean() - centre @ slopes).unsqueeze(0))
