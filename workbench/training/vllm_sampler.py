"""Sampling on a vLLM server instead of in this process, through TRL's client, for GPUs.

The server samples in a number format and with kernels of its own, so its log-probabilities are not asked for: those of the
policy that sampled come from a training pass. Nor are its random numbers ours: a run is not the same to the token again.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.domain.errors import BadInput, BadSetting, ServerLost
from workbench.domain.samples import StopReason
from workbench.training.processes import Processes
from workbench.training.rollout import Rollout, StopStrings

_PATIENCE_S = 120.0  # for a server that is just being started
_SERVE = 'VLLM_SERVER_DEV_MODE=1 vllm serve MODEL --weight-transfer-config \'{"backend": "nccl"}\''


class VllmSampler:
    """A vLLM server that samples from a policy in training.

    Args:
        client: TRL's.
        address: the server's, for errors.
        processes: each asks for its share; the first one hands the weights over.
    """

    def __init__(self, client: Any, address: str, processes: Processes) -> None:
        self._client, self._address, self._processes = client, address, processes

    @classmethod
    def connect(cls, address: str, processes: Processes) -> "VllmSampler":
        """Finds the server and joins it for handing weights over.

        Raises:
            BadSetting: vLLM is not installed, or there is no CUDA device to hand weights over from.
            BadInput: the server cannot be reached, or takes no weights.
        """
        from trl.generation.vllm_client import VLLMClient  # noqa: PLC0415  (a run that samples by itself does without)

        if find_spec("vllm") is None:
            raise BadSetting(
                "`sampler` is vllm, and vLLM is not installed.",
                "Run `pip install 'preference-workbench[vllm]'`, or use `sampler: fast`.",
            )
        try:
            client = VLLMClient(base_url=address, connection_timeout=_PATIENCE_S)
            if processes.is_first:
                client.init_communicator(processes.device)
        except NotImplementedError as error:
            raise BadSetting(f"`sampler` is vllm, and the run is on {processes.device}.", "It needs a GPU.") from error
        except (OSError, RuntimeError) as error:
            raise BadInput(
                f"The vLLM server {address} cannot be used: {error}", f"Start it with `{_SERVE}`."
            ) from error
        return cls(client, address, processes)

    def generate(
        self,
        policy: PreTrainedModel,
        prompt_ids: Sequence[Sequence[int]],
        *,
        max_new_tokens: int,
        temperature: float,
        end_ids: Collection[int],
        stop_strings: Sequence[str],
        tokenizer: PreTrainedTokenizerBase,
    ) -> Rollout:
        """Hands the policy's weights over and samples one response for each prompt; arguments as in `rollout.generate`.

        Returns:
            The responses; their log-probabilities are NaN and must be computed.

        Raises:
            ServerLost: the server no longer answers, or refuses.
        """
        if self._processes.is_first:
            with self._asking():
                self._client.update_model_params(policy)
                self._client.reset_prefix_cache()  # what it knows of the prompts is of the former weights
        self._processes.wait()
        if not prompt_ids:
            return Rollout([], [], [], [], [])
        more = {"stop_token_ids": sorted(end_ids), "ignore_eos": False}
        if stop_strings:
            more |= {"stop": list(stop_strings), "include_stop_str_in_output": True}
        with self._asking():
            found = self._client.generate(
                [list(prompt) for prompt in prompt_ids],
                temperature=temperature,
                max_tokens=max_new_tokens,
                logprobs=None,
                generation_kwargs=more,
            )
        responses: list[list[int]] = found["completion_ids"]
        stops = StopStrings(stop_strings, tokenizer)
        rows = zip(prompt_ids, responses, strict=True)
        reasons = [_why_it_ends(prompt[-1], tokens, end_ids, stops) for prompt, tokens in rows]
        return Rollout(
            prompt_ids=[list(prompt) for prompt in prompt_ids],
            response_ids=responses,
            logps=[torch.full((len(tokens),), torch.nan) for tokens in responses],
            ended=[reason != "length" for reason in reasons],
            stop_reasons=reasons,
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not isinstance(error, OSError) and type(error) is not Exception:  # a bare one is how TRL says "refused"
                raise
            raise ServerLost(
                f"The vLLM server {self._address} no longer samples: {error}.",
                f"Start it again with `{_SERVE}`, then resume the run: it continues from its last checkpoint.",
            ) from error


def _why_it_ends(before: int, tokens: list[int], end_ids: Collection[int], stops: StopStrings) -> StopReason:
    if tokens and tokens[-1] in end_ids:
        return "eos"
    return "stop_string" if stops.found(before, tokens) else "length"
