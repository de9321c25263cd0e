"""Sampling on a server, as far as it goes without vLLM and without a GPU.

TRL's client is the real one and speaks real HTTP; the server is a stand-in that keeps to the requests which TRL 1.16 makes.
What NCCL would carry, the weights, is caught where the client would hand it to vLLM's engine. That a real server takes them
has to be seen on GPUs.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from trl.generation import vllm_client

from tests.training.ppo_project import add_run, make_project
from workbench.domain.errors import BadInput, BadSetting, ServerLost
from workbench.domain.events import Metrics
from workbench.domain.recipes import PpoRecipe
from workbench.storage.runlog import RunFolder
from workbench.training.models import load_policy
from workbench.training.ppo import train
from workbench.training.processes import Processes
from workbench.training.session import RunSession
from workbench.training.vllm_sampler import VllmSampler

ALONE = Processes(torch.device("cpu"))
RESPONSE = [410, 413, 2]  # two tokens and the end of sequence
NO_INFO: dict[str, Any] = {}


class StandIn(ThreadingHTTPServer):
    """Answers as `vllm serve` does, always with the same tokens, and notes what it was asked."""

    daemon_threads = True
    status = 200

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        self._answer({"data": [{"id": "a model"}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = json.loads(body) if body else NO_INFO
        self.server.asked.append((self.path, request))
        choices = [
            {"prompt_token_ids": prompt, "token_ids": RESPONSE, "logprobs": None}
            for prompt in request.get("prompt", [])
        ]
        self._answer({"choices": choices})

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self, values: dict[str, Any]) -> None:
        content = json.dumps(values).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[StandIn]:
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, torch.Tensor]]:
    """Lets the client work without vLLM; returns the weights of each time that it sent them."""
    found: list[dict[str, torch.Tensor]] = []

    class Engine:
        @staticmethod
        def trainer_send_weights(iterator: Iterator[tuple[str, torch.Tensor]], trainer_args: object) -> None:
            found.append({name: tensor.clone() for name, tensor in iterator})

    monkeypatch.setattr("workbench.training.vllm_sampler.find_spec", lambda _: object())
    monkeypatch.setattr(vllm_client, "is_vllm_available", lambda *_, **__: True)
    monkeypatch.setattr(vllm_client, "NCCLWeightTransferEngine", Engine, raising=False)
    monkeypatch.setattr(vllm_client, "NCCLTrainerSendWeightsArgs", lambda **_: None, raising=False)
    monkeypatch.setattr(vllm_client.VLLMClient, "init_communicator", lambda *_: None)
    return found


def test_where_vllm_is_not_installed_that_is_said_with_what_helps() -> None:
    with pytest.raises(BadSetting, match="vLLM is not installed") as error:
        VllmSampler.connect("http://127.0.0.1:9", ALONE)
    assert "pip install 'preference-workbench[vllm]'" in error.value.hint


def test_a_server_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, sent: list[dict[str, torch.Tensor]]
) -> None:
    monkeypatch.setattr("workbench.training.vllm_sampler._PATIENCE_S", 0.0)
    with pytest.raises(BadInput, match=r"http://127.0.0.1:9 cannot be used") as error:
        VllmSampler.connect("http://127.0.0.1:9", ALONE)
    assert "vllm serve" in error.value.hint


def test_without_a_gpu_weights_cannot_be_handed_over(
    monkeypatch: pytest.MonkeyPatch, server: StandIn, sent: list[dict[str, torch.Tensor]]
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError("NCCL needs a CUDA device")  # what TRL's own says

    monkeypatch.setattr(vllm_client.VLLMClient, "init_communicator", refuse)
    with pytest.raises(BadSetting, match="`sampler` is vllm, and the run is on cpu"):
        VllmSampler.connect(server.address, ALONE)


def test_the_weights_go_before_the_question_and_responses_say_why_they_end(
    server: StandIn, sent: list[dict[str, torch.Tensor]], shared: Path
) -> None:
    policy, tokenizer = load_policy(shared / "models/stories260K", torch.device("cpu"))
    sampler = VllmSampler.connect(server.address, ALONE)
    how: dict[str, Any] = {"max_new_tokens": 3, "temperature": 0.7, "tokenizer": tokenizer}
    ended = sampler.generate(policy, [[1, 5], [1]], end_ids=(2,), stop_strings=(), **how)
    cut = sampler.generate(policy, [[1]], end_ids=(9,), stop_strings=(), **how)
    stopped = sampler.generate(policy, [[1]], end_ids=(9,), stop_strings=(str(tokenizer.decode(RESPONSE[:1])),), **how)
    assert ended.response_ids == [RESPONSE, RESPONSE]
    assert (ended.stop_reasons, cut.stop_reasons) == (["eos", "eos"], ["length"])
    assert (ended.ended, cut.ended, stopped.stop_reasons) == ([True, True], [False], ["stop_string"])
    assert [path.rpartition("/")[2] for path, _ in server.asked[:5]] == [
        "start_weight_update", "update_weights", "finish_weight_update", "reset_prefix_cache", "completions",
    ]  # fmt: skip
    question = server.asked[4][1]
    assert (question["prompt"], question["temperature"], question["max_tokens"]) == ([[1, 5], [1]], 0.7, 3)
    assert (question["stop_token_ids"], question["top_p"], question["logprobs"]) == ([2], 1.0, None)
    assert torch.equal(sent[0]["model.norm.weight"], policy.state_dict()["model.norm.weight"])


def test_ppo_trains_on_what_a_server_samples_and_hands_each_new_policy_over(
    server: StandIn, sent: list[dict[str, torch.Tensor]], shared: Path, tmp_path: Path
) -> None:
    project = make_project(tmp_path / "project", shared)
    folder = add_run(project, shared, "vllm", sampler="vllm", vllm_server_base_url=server.address, total_episodes=8)
    with RunSession.open(folder) as session:
        train(session.job, session)
    metrics = [event for event in RunFolder(folder).events()[0] if isinstance(event, Metrics)]
    assert [event.episodes for event in metrics] == [4, 8]
    # The behaviour's log-probabilities are of a training pass, so the untrained policy is the reference to the last bit.
    assert metrics[0].values["objective/kl"] == pytest.approx(0, abs=1e-6)
    assert metrics[0].values["objective/length"] == len(RESPONSE)
    norms = [
        float(weights["lm_head.weight" if "lm_head.weight" in weights else "model.embed_tokens.weight"].norm())
        for weights in sent
    ]
    assert len(set(norms)) == 3  # before the first update, after it, after the second


@pytest.mark.parametrize(("refuses", "said"), [(True, "Request failed: 400"), (False, "Connection")])
def test_a_server_that_goes_away_in_between_is_named_with_what_helps(
    server: StandIn,
    sent: list[dict[str, torch.Tensor]],
    shared: Path,
    refuses: bool,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda *_: None)  # TRL's client waits for a minute in all
    policy, tokenizer = load_policy(shared / "models/stories260K", torch.device("cpu"))
    sampler = VllmSampler.connect(server.address, ALONE)
    if refuses:
        server.status = 400
    else:
        server.shutdown()
        server.server_close()
    how: dict[str, Any] = {"max_new_tokens": 3, "temperature": 0.7, "tokenizer": tokenizer}
    with pytest.raises(ServerLost, match=f"The vLLM server {server.address} no longer samples: .*{said}") as error:
        sampler.generate(policy, [[1]], end_ids=(2,), stop_strings=(), **how)
    assert "resume the run" in error.value.hint


def test_adapters_and_a_server_are_refused_together() -> None:
    with pytest.raises(ValueError, match="`sampler` is vllm, which takes whole weights, and `lora_rank` is 8"):
        PpoRecipe(sampler="vllm", lora_rank=8)
