"""Answers the playground's questions: samples from each model, then has each judge score all responses.

What a model reads and how it is sampled is exactly what training and evaluation do: `text.encode_prompt`, `rollout.generate`
and `scoring.RewardScorer` are the same. Each model is sampled with the question's seed, so two models have the same luck.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.data.judges import REWARD_PREFIX, Judge, checked_scores, load_judge
from workbench.domain.errors import BadInput, WorkbenchError
from workbench.domain.playground import (
    AskedJudge,
    AskedModel,
    Began,
    PlaygroundEvent,
    Question,
    Response,
    Sampled,
    Scored,
    Troubled,
    Wrote,
)
from workbench.storage.sources import resolve_model
from workbench.training.cores import settle_threads
from workbench.training.device import autocast, choose_device, choose_dtype
from workbench.training.judging import reward_source
from workbench.training.models import end_token_ids, load_policy, prompt_limit
from workbench.training.rollout import generate, response_texts
from workbench.training.scoring import RewardScorer
from workbench.training.shelf import Shelf, bytes_of, room_for_models
from workbench.training.text import encode_prompt, render_prompt

_BETWEEN_WORDS_S = 0.05  # faster than anybody reads; more would only keep the window busy
Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase] | RewardScorer


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a model said, and the prompt as it read it."""

    model: AskedModel
    prompt_text: str
    responses: tuple[Response, ...]


class Answering:
    """Answers one question after another; models stay loaded between them.

    Args:
        project: the project's folder; runs, relative models and judges are looked up there.
        say: hears what happens.
        check: called between tokens with the question's number; raises where nobody waits any more.
    """

    def __init__(self, project: Path, say: Callable[[PlaygroundEvent], None], check: Callable[[int], None]) -> None:
        self._project, self._say, self._check = project, say, check
        self._shelves: dict[torch.device, Shelf[Loaded]] = {}

    def answer(self, question: Question) -> None:
        """Samples, then scores.

        Raises:
            WorkbenchError: no model could be asked; where it is only some, they are said as Troubled.
        """
        self._check(question.number)
        device = choose_device(question.settings.device)
        with autocast(device, choose_dtype(device, "auto")):
            answers, troubles = self._sample_all(question, device)
            if not answers:
                raise troubles[0] if troubles else BadInput("No model was chosen.", "Choose at least one checkpoint.")
            for judge in question.judges:
                self._began(question, f"scoring by {judge.label}")
                try:
                    self._score(question, judge, answers, device)
                except WorkbenchError as error:
                    self._trouble(question, judge.name, error)

    def forget(self) -> None:
        """Lets go of all models and of the memory that they took."""
        self._shelves.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _sample_all(self, question: Question, device: torch.device) -> tuple[list[_Answer], list[WorkbenchError]]:
        answers, troubles = [], []
        for model in question.models:
            try:
                answers.append(self._sample(question, model, device))
            except WorkbenchError as error:
                troubles.append(error)
                if len(question.models) > 1:
                    self._trouble(question, model.name, error)
        return answers, troubles

    def _sample(self, question: Question, asked: AskedModel, device: torch.device) -> _Answer:
        self._began(question, f"loading {asked.label}")
        model, tokenizer = self._policy(asked, device)
        settle_threads(model)
        settings = question.settings
        room = prompt_limit(model, settings.max_new_tokens)
        whole = encode_prompt(question.prompt, tokenizer)
        ids = encode_prompt(question.prompt, tokenizer, room)
        prompts = [ids] * settings.n_responses
        self._began(question, f"sampling {asked.label}")
        rollout = generate(
            model,
            prompts,
            max_new_tokens=settings.max_new_tokens,
            temperature=settings.temperature,
            end_ids=end_token_ids(model, tokenizer),
            pad_id=int(tokenizer.pad_token_id or 0),
            generator=torch.Generator().manual_seed(settings.seed),
            stop_strings=settings.stop_strings,
            tokenizer=tokenizer,
            on_step=self._listener(question, asked, ids, tokenizer),
        )
        texts = response_texts(tokenizer, prompts, rollout.response_ids, settings.stop_strings)
        responses = tuple(
            Response(text=text, n_tokens=len(tokens), stop_reason=reason)
            for text, tokens, reason in zip(texts, rollout.response_ids, rollout.stop_reasons, strict=True)
        )
        self._say(
            Sampled(number=question.number, model=asked.name, responses=responses, prompt_was_cut=len(ids) < len(whole))
        )
        return _Answer(asked, render_prompt(question.prompt, tokenizer), responses)

    def _listener(
        self, question: Question, asked: AskedModel, ids: Sequence[int], tokenizer: PreTrainedTokenizerBase
    ) -> Callable[[list[list[int]]], None]:
        last = time.monotonic()

        def listen(responses: list[list[int]]) -> None:
            nonlocal last
            self._check(question.number)
            if time.monotonic() - last < _BETWEEN_WORDS_S:
                return
            texts = response_texts(tokenizer, [ids] * len(responses), responses, question.settings.stop_strings)
            shown = tuple(text.rstrip("\ufffd") for text in texts)  # a character may be half said
            self._say(Wrote(number=question.number, model=asked.name, texts=shown))
            last = time.monotonic()

        return listen

    def _score(self, question: Question, asked: AskedJudge, answers: Sequence[_Answer], device: torch.device) -> None:
        if asked.name.startswith(REWARD_PREFIX):
            scorer = self._scorer(asked, device)
            for answer in answers:
                self._say(self._rewarded(question, asked, answer, scorer))
            return
        judge: Judge = load_judge(asked.name, self._project)
        for answer in answers:
            self._check(question.number)
            texts = [response.text for response in answer.responses]
            scores = judge([answer.prompt_text] * len(texts), texts)
            self._say(Scored(number=question.number, model=answer.model.name, judge=asked.name, scores=tuple(scores)))

    def _rewarded(self, question: Question, asked: AskedJudge, answer: _Answer, scorer: RewardScorer) -> Scored:
        tokens = []
        scores: list[float] = []
        for response in answer.responses:
            self._check(question.number)
            ended = not response.was_cut
            rewards = tuple(scorer.token_rewards(question.prompt, response.text, ended))
            tokens.append(rewards)
            alone = [] if rewards else scorer.score([question.prompt], [response.text], [ended]).tolist()
            scores.append(rewards[-1].value if rewards else alone[0])
        checked = checked_scores(asked.name, scores, len(answer.responses))
        return Scored(
            number=question.number,
            model=answer.model.name,
            judge=asked.name,
            scores=tuple(checked),
            tokens=tuple(tokens),
        )

    def _policy(self, asked: AskedModel, device: torch.device) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
        source = resolve_model(asked.name, self._project)
        load = lambda: load_policy(source, device, trust_remote_code=asked.trust_remote_code)  # noqa: E731
        found = self._shelf(device).take(_key("policy", source), load, _bytes)
        assert isinstance(found, tuple)
        return found

    def _scorer(self, asked: AskedJudge, device: torch.device) -> RewardScorer:
        name = reward_source(self._project, asked.name.removeprefix(REWARD_PREFIX))
        source = resolve_model(name, self._project)
        load = lambda: RewardScorer.load(source, device, trust_remote_code=asked.trust_remote_code)  # noqa: E731
        found = self._shelf(device).take(_key("reward", source), load, _bytes)
        assert isinstance(found, RewardScorer)
        return found

    def _shelf(self, device: torch.device) -> Shelf[Loaded]:
        return self._shelves.setdefault(device, Shelf(room_for_models(device)))

    def _began(self, question: Question, phase: str) -> None:
        self._check(question.number)
        self._say(Began(number=question.number, phase=phase))

    def _trouble(self, question: Question, about: str, error: WorkbenchError) -> None:
        self._say(Troubled(number=question.number, about=about, message=error.sentence, hint=error.hint))


def _key(use: str, source: Path | str) -> tuple[str, str, int]:
    """Returns what names a model's content: a folder that was written again is another one."""
    changed = source.stat().st_mtime_ns if isinstance(source, Path) else 0
    return use, str(source), changed


def _bytes(loaded: Loaded) -> int:
    return bytes_of(loaded.model if isinstance(loaded, RewardScorer) else loaded[0])
