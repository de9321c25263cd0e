"""ask, keep."""

from __future__ import annotations  # names of `api` are imported only when they are used

import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated, Any, Literal

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, note, print_json, printable, say
from workbench.domain.errors import BadInput, RunFailure
from workbench.domain.pairs import Turns
from workbench.domain.playground import (
    KEPT_PAIRS,
    KEPT_PROMPTS,
    Asked,
    AskedJudge,
    AskedModel,
    Asking,
    Began,
    Failed,
    PlaygroundEvent,
    Response,
    Sampled,
    Scored,
    Troubled,
    Wrote,
)

_ASK_EPILOG = examples(
    'workbench ask my-project "Once upon a time" --checkpoint start --checkpoint ppo --checkpoint dpo',
    'workbench ask my-project "Once upon a time" --checkpoint ppo@100 --checkpoint ppo@200 --responses 4',
    'workbench ask my-project "Is the earth flat?" --checkpoint dpo --as chat --token-rewards',
)
_KEEP_EPILOG = examples(
    'workbench keep my-project "Once upon a time"',
    'workbench keep my-project "Once upon a time" --chosen ", Tom was happy." --rejected ", Tom was sad."',
    'workbench keep my-project "Once upon a time" --to test-prompts',
)
As = Annotated[
    Literal["text", "chat"] | None,
    typer.Option("--as", help="A text to continue, or what a user says. By default as the project's datasets."),
]
Prompt = Annotated[str, typer.Argument(help="What is answered.", show_default=False)]


def _setting(name: str, flag: str | None = None) -> Any:
    help_ = Asking.model_fields[name].description
    return typer.Option(flag, help=help_) if flag else typer.Option(help=help_)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("ask", epilog=_ASK_EPILOG)(ask)
    app.command("keep", epilog=_KEEP_EPILOG)(keep)


def ask(  # noqa: PLR0913, PLR0917  (each is a flag)
    folder: ProjectFolder,
    prompt: Prompt,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(help="An arm, a run, RUN@STEP or a model folder; several times for several.", show_default=False),
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(help="Who scores. By default the project's gold judges and a reward model.")
    ] = None,
    temperature: Annotated[float | None, _setting("temperature")] = None,
    max_new_tokens: Annotated[int | None, _setting("max_new_tokens")] = None,
    responses: Annotated[int | None, _setting("n_responses", "--responses")] = None,
    seed: Annotated[int | None, _setting("seed")] = None,
    stop: Annotated[list[str] | None, _setting("stop_strings", "--stop")] = None,
    system: Annotated[str | None, _setting("system")] = None,
    device: Annotated[str | None, _setting("device")] = None,
    as_: As = None,
    token_rewards: Annotated[
        bool,
        typer.Option("--token-rewards", help="The reward model's value at every token; only the last was trained."),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Ask checkpoints a prompt; judges score."""
    project = api.open_project(folder)
    offer = api.offer_playground(project)
    named: dict[str, object] = {
        "temperature": temperature,
        "max_new_tokens": max_new_tokens,
        "n_responses": responses,
        "seed": seed,
    }
    named |= {"stop_strings": tuple(stop) if stop else None, "system": system, "device": device}
    given = {name: value for name, value in named.items() if value is not None}
    settings = Asking.read(offer.settings.model_dump() | given, where="the command")
    models = [api.find_model(offer, project, name) for name in checkpoint or _one_of_each(offer)]
    if not models:
        raise BadInput("The project has no checkpoints yet.", "Train something, or name a model by --checkpoint.")
    is_chat = offer.is_chat if as_ is None else as_ == "chat"
    turns = api.as_prompt(prompt, is_chat=is_chat, system=settings.system)
    judges = _judges(offer, judge)
    screen = _Collected(models, judges) if json else _Terminal(models, judges, token_rewards=token_rewards)
    with closing(api.start_playground(project)) as playground:
        for event in playground.ask(turns, models, judges, settings):
            screen.show(event)
    if isinstance(screen, _Collected):
        print_json(screen.found())


def keep(
    folder: ProjectFolder,
    prompt: Prompt,
    chosen: Annotated[str | None, typer.Option(help="The better response.", show_default=False)] = None,
    rejected: Annotated[str | None, typer.Option(help="The other one.", show_default=False)] = None,
    to: Annotated[str | None, typer.Option(help="The dataset; made where it is not there.", show_default=False)] = None,
    as_: As = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Keep a prompt, or a pair, in a dataset."""
    project = api.open_project(folder)
    is_chat = api.offer_playground(project).is_chat if as_ is None else as_ == "chat"
    turns: Turns = api.as_prompt(prompt, is_chat=is_chat)
    if (chosen is None) != (rejected is None):
        raise BadInput("A pair needs both responses.", "Give --chosen and --rejected, or neither to keep the prompt.")
    if chosen is None or rejected is None:
        kept = api.keep_prompt(project, turns, to or KEPT_PROMPTS)
    else:
        sides = api.KeptResponse(text=chosen), api.KeptResponse(text=rejected)
        kept = api.keep_pair(project, turns, *sides, to or KEPT_PAIRS)
    if json:
        print_json(kept)
    else:
        say(f"Kept in {kept.dataset}, which has {kept.n_rows:,} rows now.")


def _one_of_each(offer: api.PlaygroundOffer) -> list[str]:
    """Returns the last checkpoint of each arm's first seed."""
    first: dict[str, str] = {}
    for choice in offer.models:
        if choice.is_last:
            first.setdefault(choice.arm, choice.model.name)
    return list(first.values())


def _judges(offer: api.PlaygroundOffer, names: Sequence[str] | None) -> list[AskedJudge]:
    known = {choice.judge.name: choice.judge for choice in offer.judges}
    if names:
        return [known.get(name) or AskedJudge(name=name, label=name) for name in names]
    golds = [choice.judge for choice in offer.judges if choice.role == "gold"]
    return [*golds, *[choice.judge for choice in offer.judges if choice.role == "proxy"][:1]]


def _all(models: Sequence[AskedModel], judges: Sequence[AskedJudge]) -> list[Asked]:
    return [*models, *judges]


class _Collected:
    """For scripts: everything that was said, as one object."""

    def __init__(self, models: Sequence[AskedModel], judges: Sequence[AskedJudge]) -> None:
        self._labels = {asked.name: asked.label for asked in _all(models, judges)}
        self._found: dict[str, dict[str, Any]] = {}
        self._troubles: list[str] = []

    def show(self, event: PlaygroundEvent) -> None:
        if isinstance(event, Sampled):
            said = [response.model_dump() | {"scores": {}, "tokens": {}} for response in event.responses]
            self._found[event.model] = {"model": event.model, "label": self._labels[event.model], "responses": said}
        elif isinstance(event, Scored):
            for at, response in enumerate(self._found[event.model]["responses"]):
                response["scores"][event.judge] = event.scores[at]
                if event.tokens:
                    response["tokens"][event.judge] = [list(token) for token in event.tokens[at]]
        elif isinstance(event, Troubled):
            self._troubles.append(f"{event.message} {event.hint}".strip())
        elif isinstance(event, Failed):
            raise RunFailure(event.message, event.hint)

    def found(self) -> dict[str, Any]:
        return {"models": list(self._found.values()), "troubles": self._troubles}


class _Terminal:
    """For people: texts as they are written, where there is one at a time, and the scores below."""

    def __init__(self, models: Sequence[AskedModel], judges: Sequence[AskedJudge], *, token_rewards: bool) -> None:
        self._labels = {asked.name: asked.label for asked in _all(models, judges)}
        self._token_rewards = token_rewards
        self._model, self._written = "", 0
        self._responses: dict[str, tuple[Response, ...]] = {}

    def show(self, event: PlaygroundEvent) -> None:
        if isinstance(event, Began):
            note(f"{event.phase}…") if sys.stderr.isatty() and not self._model else None
        elif isinstance(event, Wrote):
            self._head(event.model)
            if len(event.texts) == 1:
                self._write(event.texts[0])
        elif isinstance(event, Sampled):
            self._finish(event)
        elif isinstance(event, Scored):
            self._score(event)
        elif isinstance(event, Troubled):
            note(f"{self._labels[event.about]}: {event.message} {event.hint}".strip())
        elif isinstance(event, Failed):
            raise RunFailure(event.message, event.hint)

    def _head(self, model: str) -> None:
        if model != self._model:
            self._model, self._written = model, 0
            say(f"── {self._labels[model]}")

    def _write(self, text: str) -> None:
        sys.stdout.write(printable(text[self._written :]))
        sys.stdout.flush()
        self._written = max(self._written, len(text))

    def _finish(self, event: Sampled) -> None:
        self._head(event.model)
        self._responses[event.model] = event.responses
        if event.prompt_was_cut:
            note("The prompt lost its beginning to fit the model.")
        for number, response in enumerate(event.responses, 1):
            if len(event.responses) == 1:
                self._write(response.text)
            else:
                say(f"{number}. {response.text}")
        if len(event.responses) == 1:
            say()
        lengths = ", ".join(f"{r.n_tokens} tokens{' (cut)' if r.was_cut else ''}" for r in event.responses)
        say(f"   {lengths}\n")

    def _score(self, event: Scored) -> None:
        scores = "  ".join(f"{score:+.3f}" for score in event.scores)
        say(f"{self._labels[event.model]}  ·  {self._labels[event.judge]}  {scores}")
        if self._token_rewards:
            for tokens in event.tokens:
                say("   " + " ".join(f"{text or '(end)'}[{value:+.2f}]" for text, value in tokens))
