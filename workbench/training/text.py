"""From turns to tokens and back: the one tokenisation that every method, PPO's rollouts and evaluation share.

Prompt and response are tokenised apart, so that a policy sees in training exactly the prompt that it gets when it
samples. A response is tokenised as a continuation: SentencePiece tokenizers put a space before any text they get, which
in the middle of a text would be a token that no sample ever contains.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerBase

from workbench.domain.errors import BadInput, NoEndOfSequence
from workbench.domain.pairs import Message, Row, Turns, is_plain
from workbench.training.session import RunSession

AppendEos = Literal["auto", "always", "never"]

_SPEAKERS = {"user": "Human", "assistant": "Assistant", "tool": "Tool"}
# Texts that a response can be tokenised behind; the first that no merge joins to it is taken.
_ANCHORS = (":", ".", "\n", "0", "a")


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """A comparison as token ids. The prompt begins with BOS where there is one; a response ends with EOS unless cut.

    Attributes:
        prompt_ids, chosen_ids, rejected_ids: prompt + response fit the length that was asked for.
        truncated: something was cut off to fit.
        margin: how much better the chosen one is, where the data says so.
    """

    prompt_ids: list[int]
    chosen_ids: list[int]
    rejected_ids: list[int]
    truncated: bool
    margin: float | None = None


def render_prompt(turns: Turns, tokenizer: PreTrainedTokenizerBase) -> str:
    r"""Returns the text that a response continues.

    A chat goes through the model's chat template, with the header of the assistant's turn at the end; without a template
    it becomes "Human: ...\n\nAssistant:". Text without roles stays as it is.
    """
    if is_plain(turns):
        return turns[0].content
    return _apply_template(turns, tokenizer) if has_template(tokenizer) else _plain_chat(turns)


def render_response(turns: Turns, tokenizer: PreTrainedTokenizerBase) -> str:
    """Returns the text that follows the rendered prompt, without what ends a turn."""
    if is_plain(turns):
        return turns[0].content
    text = "\n\n".join(message.content.strip() for message in turns)
    return text if has_template(tokenizer) else f" {text}"


def has_template(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Says whether the tokenizer brings a chat template."""
    return tokenizer.chat_template is not None


def warn_of_plain_text(prompts: Iterable[Turns], tokenizer: PreTrainedTokenizerBase, session: RunSession) -> None:
    """Says aloud, once, that chats are written as plain text because the model has no chat template."""
    if not has_template(tokenizer) and not all(is_plain(prompt) for prompt in prompts):
        session.warn(
            "no_chat_template",
            "The model has no chat template: conversations are written as plain text, as in "
            '"Human: ... Assistant: ...". Every method and every evaluation of this model does the same.',
        )


def encode_prompt(turns: Turns, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None = None) -> list[int]:
    """Returns the prompt's token ids, BOS exactly once where the tokenizer has one, else at least one token.

    Args:
        turns: the prompt.
        tokenizer: the policy's.
        max_tokens: a longer prompt loses its beginning (never the BOS), because the end is what is answered.
    """
    templated = has_template(tokenizer) and not is_plain(turns)
    ids = _encode(render_prompt(turns, tokenizer), tokenizer, markup=templated)
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if not ids or (not templated and tokenizer.bos_token_id is not None and ids[0] != start):
        ids = [start, *ids]
    if max_tokens is None or len(ids) <= max_tokens:
        return ids
    kept_start = ids[:1] if ids[0] == tokenizer.bos_token_id else []
    return kept_start + ids[len(ids) - max_tokens + len(kept_start) :]


def encode_response(turns: Turns, tokenizer: PreTrainedTokenizerBase, end_id: int | None) -> list[int]:
    """Returns the response's token ids, with `end_id` after them unless it is None."""
    templated = has_template(tokenizer) and not is_plain(turns)
    ids = encode_continuation(render_response(turns, tokenizer), tokenizer, markup=templated)
    return ids if end_id is None else [*ids, end_id]


def encode_continuation(text: str, tokenizer: PreTrainedTokenizerBase, markup: bool = False) -> list[int]:
    """Returns the ids of a text that follows another one: no BOS, and no space that is not in the text.

    Args:
        text: the continuation.
        tokenizer: the model's.
        markup: `<s>` and the like in the text are special tokens; else they are characters, as a person wrote them.
    """
    for anchor in _ANCHORS:
        before, both = _encode(anchor, tokenizer, markup), _encode(anchor + text, tokenizer, markup)
        if both[: len(before)] == before:
            return both[len(before) :]
    return _encode(text, tokenizer, markup)


def encode_pair(
    row: Row,
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_length: int,
    append_eos: AppendEos = "auto",
    end_id: int | None = None,
) -> EncodedPair:
    """Returns a comparison as token ids that fit `max_length`.

    A longer prompt loses its beginning as far as half of `max_length`; then a longer response loses its end, and with it
    its EOS, so that nothing is taught to end where it was cut.

    Args:
        row: with both responses.
        tokenizer: the policy's, or the reward model's own.
        max_length: of prompt and response together, in tokens.
        append_eos: auto leaves EOS away where the data says that the response was cut.
        end_id: the token that ends a response; None: `response_end_id`.
    """
    if row.chosen is None or row.rejected is None:
        raise BadInput("A pair needs both responses.", "Use a preference dataset.")
    chosen = encode_response(row.chosen, tokenizer, ending(tokenizer, append_eos, row.chosen_cut, end_id))
    rejected = encode_response(row.rejected, tokenizer, ending(tokenizer, append_eos, row.rejected_cut, end_id))
    prompt = encode_prompt(row.prompt, tokenizer)
    longest = max(len(chosen), len(rejected))
    truncated = len(prompt) + longest > max_length
    if truncated:
        prompt = encode_prompt(row.prompt, tokenizer, prompt_room(max_length, longest))
    room = max_length - len(prompt)
    return EncodedPair(prompt, chosen[:room], rejected[:room], truncated, row.margin)


def prompt_room(max_length: int, response_tokens: int) -> int:
    """Returns the tokens that a prompt may take so that the response fits, at least half of `max_length`."""
    return max(max_length - response_tokens, max_length // 2)


def ending(tokenizer: PreTrainedTokenizerBase, append_eos: AppendEos, cut: bool, end_id: int | None) -> int | None:
    """Returns the token that is taught as this response's ending; None where none is."""
    if append_eos == "never" or (append_eos == "auto" and cut):
        return None
    return response_end_id(tokenizer) if end_id is None else end_id


def response_end_id(tokenizer: PreTrainedTokenizerBase) -> int:
    """Returns the token that ends a response: what the chat template writes behind one, else EOS.

    Raises:
        NoEndOfSequence: the tokenizer names none.
    """
    if has_template(tokenizer):
        shown = _apply_template((Message("user", "?"), Message("assistant", "!")), tokenizer, answered=True)
        after = _encode(shown.rpartition("!")[2], tokenizer, markup=True)
        if after and after[0] in tokenizer.all_special_ids:
            return after[0]
    if tokenizer.eos_token_id is None:
        raise NoEndOfSequence(
            "The model's tokenizer names no end-of-sequence token, so its responses could never end.",
            "Name one as `eos_token` in the folder's tokenizer_config.json, or set `append_eos: never`.",
        )
    return int(tokenizer.eos_token_id)


def _encode(text: str, tokenizer: PreTrainedTokenizerBase, markup: bool) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=not markup)["input_ids"])


def _apply_template(turns: Turns, tokenizer: PreTrainedTokenizerBase, answered: bool = False) -> str:
    try:
        return _render(turns, tokenizer, answered)
    except TemplateError:
        merged = _system_into_user(turns)
    try:
        return _render(merged, tokenizer, answered)
    except TemplateError as error:
        roles = ", ".join(message.role for message in turns)
        raise BadInput(
            f"The model's chat template refuses a conversation of {roles}: {error}.",
            "Most templates want user and assistant in turn; drop such rows, or remove the template.",
        ) from error


def _render(turns: Turns, tokenizer: PreTrainedTokenizerBase, answered: bool) -> str:
    messages = [{"role": message.role, "content": message.content} for message in turns]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=not answered))


def _system_into_user(turns: Turns) -> Turns:
    """Puts system messages in front of the next message: some templates know no system role."""
    merged: list[Message] = []
    system = ""
    for message in turns:
        if message.role == "system":
            system += f"{message.content}\n\n"
        else:
            merged.append(Message(message.role, system + message.content))
            system = ""
    return tuple(merged)


def _plain_chat(turns: Turns) -> str:
    parts = [
        f"{_SPEAKERS[message.role]}: {message.content.strip()}"
        if message.role in _SPEAKERS
        else message.content.strip()
        for message in turns
    ]
    return "\n\n".join([*parts, "Assistant:"])
