"""What the playground is asked and what it says: one JSON object a line, both ways, as a worker's events are.

A question goes to several models at once. Its answers come in parts while they are sampled, then whole, then scored by each
judge; its last word is Answered, Cancelled or Failed. A model or a judge that cannot be used is said as Troubled, and the
others go on.
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from workbench.domain.pairs import Message
from workbench.domain.recipes import Sampling
from workbench.domain.samples import StopReason
from workbench.domain.settings import setting

# The datasets that what is good goes to, unless another is named.
KEPT_PROMPTS, KEPT_PAIRS = "kept-prompts", "kept-pairs"


class Asking(Sampling):
    """How the playground samples: as training and evaluation do, and how often."""

    n_responses: int = setting(
        1, label="Responses", unit="of each checkpoint", help="Drawn at once, each with luck of its own.", ge=1, le=64
    )
    seed: int = setting(
        0,
        label="Seed",
        help="Of the random numbers; every checkpoint is sampled with the same ones, so that differences are not luck.",
        ge=0,
        lt=2**31,
    )
    system: str = setting(
        "", label="System prompt", help="Put before a chat. A plain text has none.", advanced=True, max_length=100_000
    )
    device: str = setting("auto", label="Device", help="auto, cpu, cuda, cuda:1 or mps.", advanced=True)


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Said):
    """Something that is loaded for a question; `label` is what people call it."""

    name: str
    label: str
    trust_remote_code: bool = False


class AskedModel(Asked):
    """A model to sample from, by its name as in `records.Inputs`."""


class AskedJudge(Asked):
    """A judge, by its name as in `EvaluateRecipe.judges`."""


class Question(_Said):
    """Asks: the prompt goes to each model, the responses to each judge."""

    kind: Literal["question"] = "question"
    number: int = Field(description="Names the question; whatever is said of it carries this number.")
    prompt: tuple[Message, ...]
    models: tuple[AskedModel, ...]
    judges: tuple[AskedJudge, ...] = ()
    settings: Asking = Asking()


class Cancel(_Said):
    """Gives a question up, at the next token."""

    kind: Literal["cancel"] = "cancel"
    number: int


class _Event(_Said):
    number: int = Field(description="The question's.")


class Began(_Event):
    """What is being done now, in words: 'loading ppo', 'scoring by vader'."""

    kind: Literal["began"] = "began"
    phase: str


class Wrote(_Event):
    """What a model has said so far, a few times a second; one text for each response."""

    kind: Literal["wrote"] = "wrote"
    model: str
    texts: tuple[str, ...]


class Response(_Said):
    """One whole response. `n_tokens` counts the end-of-sequence token."""

    text: str
    n_tokens: int
    stop_reason: StopReason

    @property
    def was_cut(self) -> bool:
        """Says whether it ended at the length limit and not by itself."""
        return self.stop_reason == "length"


class Sampled(_Event):
    """A model's responses, whole."""

    kind: Literal["sampled"] = "sampled"
    model: str
    responses: tuple[Response, ...]
    prompt_was_cut: bool = Field(False, description="The prompt lost its beginning to fit the model.")


class TokenReward(NamedTuple):
    """One token's text and what the reward model's head says there; an ending has no text."""

    text: str
    value: float


class Scored(_Event):
    """A judge's scores of a model's responses.

    Of a reward model the values at every token of each response come along, on the scale of the scores; the last one is
    the score. Only that one was trained: the others are what the head makes of a text that goes on.
    """

    kind: Literal["scored"] = "scored"
    model: str
    judge: str
    scores: tuple[float, ...]
    tokens: tuple[tuple[TokenReward, ...], ...] = ()


class Troubled(_Event):
    """A model or a judge cannot be used; the others go on."""

    kind: Literal["troubled"] = "troubled"
    about: str = Field(description="The model's or judge's name.")
    message: str
    hint: str = ""


class Answered(_Event):
    """The last word: all was sampled and scored that could be."""

    kind: Literal["answered"] = "answered"
    seconds: float


class Cancelled(_Event):
    """The last word on a question that was given up, or followed by another before it was answered."""

    kind: Literal["cancelled"] = "cancelled"


class Failed(_Event):
    """The last word where nothing could be sampled."""

    kind: Literal["failed"] = "failed"
    code: str
    message: str
    hint: str = ""


Request = Question | Cancel
PlaygroundEvent = Began | Wrote | Sampled | Scored | Troubled | Answered | Cancelled | Failed
LAST_WORDS = (Answered, Cancelled, Failed)
_requests: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="kind")])
_events: TypeAdapter[PlaygroundEvent] = TypeAdapter(Annotated[PlaygroundEvent, Field(discriminator="kind")])


def request_to_line(request: Request) -> bytes:
    """Returns a request as one line of JSON, newline included."""
    return _requests.dump_json(request) + b"\n"


def request_from_line(line: bytes) -> Request:
    """Reads a request back.

    Raises:
        pydantic.ValidationError: the line is no request.
    """
    return _requests.validate_json(line)


def event_to_line(event: PlaygroundEvent) -> bytes:
    """Returns an event as one line of JSON, newline included."""
    return _events.dump_json(event) + b"\n"


def event_from_line(line: bytes) -> PlaygroundEvent:
    """Reads an event back.

    Raises:
        pydantic.ValidationError: the line is no event.
    """
    return _events.validate_json(line)
