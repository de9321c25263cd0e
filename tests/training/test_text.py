"""One tokenisation: BOS once, EOS where a response ends, no space that the text does not have."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from workbench.domain.errors import NoEndOfSequence
from workbench.domain.pairs import Message, Row, plain, response_turns
from workbench.training.text import (
    encode_continuation,
    encode_pair,
    encode_prompt,
    encode_response,
    prompt_room,
    render_prompt,
    render_response,
    response_end_id,
)

CHAT = (Message("system", "Be kind."), Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Sing"))
TEMPLATE = (
    "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{% if m['role'] == 'assistant' %}</s>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TEMPLATE
BOS = 1


@pytest.fixture(params=["stories260K", "babyllama105"])
def tokenizer(shared: Path, request: Any) -> Any:
    return AutoTokenizer.from_pretrained(shared / "models" / request.param)


@pytest.fixture
def stories(shared: Path) -> Any:
    return AutoTokenizer.from_pretrained(shared / "models" / "stories260K")


def test_a_prompt_begins_with_bos_exactly_once(tokenizer: Any) -> None:
    for prompt in (plain("Once upon a time"), CHAT, plain("")):
        ids = encode_prompt(prompt, tokenizer)
        assert ids[0] == BOS
        assert BOS not in ids[1:]


def test_prompt_and_response_together_are_the_tokens_of_the_whole_text(tokenizer: Any) -> None:
    prompt, response = "Tim was tired.", " He went to bed, and slept."
    together = tokenizer(prompt + response)["input_ids"]
    assert encode_prompt(plain(prompt), tokenizer) + encode_response(plain(response), tokenizer, None) == together


def test_a_continuation_gets_no_space_that_its_text_does_not_have(tokenizer: Any) -> None:
    anchor = tokenizer("a", add_special_tokens=False)["input_ids"]
    for text in ("bed", " bed", "  bed", "\nbed"):
        ids = encode_continuation(text, tokenizer)
        expected = ("a" + text).replace("\n", "\n" if tokenizer.vocab_size > 200 else "<unk>")
        assert tokenizer.decode([*anchor, *ids]) == expected


def test_a_chat_without_a_template_is_written_out(stories: Any) -> None:
    expected = "Be kind.\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Sing\n\nAssistant:"
    assert render_prompt(CHAT, stories) == expected
    assert render_response((Message("assistant", "La la"),), stories) == " La la"
    assert render_response(plain("La la"), stories) == "La la"


def test_a_chat_with_a_template_goes_through_it(stories: Any) -> None:
    stories.chat_template = TEMPLATE
    assert render_prompt(CHAT, stories) == "[system]Be kind.[user]Hi[assistant]Hello</s>[user]Sing[assistant]"
    assert render_response((Message("assistant", "La la\n"),), stories) == "La la"
    assert render_prompt(plain("text"), stories) == "text"


def test_a_template_without_a_system_role_gets_the_system_text_in_the_first_turn(stories: Any) -> None:
    stories.chat_template = NO_SYSTEM
    assert render_prompt(CHAT, stories).startswith("[user]Be kind.\n\nHi[assistant]Hello")


def test_a_response_ends_as_the_template_ends_one_else_with_eos(stories: Any) -> None:
    assert response_end_id(stories) == stories.eos_token_id == 1
    stories.chat_template = TEMPLATE
    assert response_end_id(stories) == 2  # </s>


def test_a_tokenizer_without_an_ending_is_refused(stories: Any) -> None:
    stories.eos_token = None
    with pytest.raises(NoEndOfSequence, match="append_eos"):
        response_end_id(stories)


@pytest.mark.parametrize(
    ("append_eos", "cut", "ends"),
    [("auto", False, True), ("auto", True, False), ("always", True, True), ("never", False, False)],
)
def test_eos_follows_a_response_unless_the_data_says_it_was_cut(
    stories: Any, append_eos: Any, cut: bool, ends: bool
) -> None:
    row = Row(plain("One day"), plain(" he ran."), plain(" he sat."), chosen_cut=cut)
    pair = encode_pair(row, stories, max_length=64, append_eos=append_eos)
    assert (pair.chosen_ids[-1] == stories.eos_token_id) == ends
    assert (pair.rejected_ids[-1] == stories.eos_token_id) == (append_eos != "never")


def test_a_long_prompt_loses_its_beginning_but_not_its_bos(stories: Any) -> None:
    whole = encode_prompt(plain("One day Tim saw a big red ball in the park"), stories)
    assert encode_prompt(plain("One day Tim saw a big red ball in the park"), stories, 6) == [BOS, *whole[-5:]]


def test_what_does_not_fit_is_cut_and_is_not_taught_to_end_there(stories: Any) -> None:
    row = Row(plain("One day Tim saw a big red ball."), plain(" He ran and ran and ran and ran."), plain(" No."))
    whole = encode_pair(row, stories, max_length=512)
    pair = encode_pair(row, stories, max_length=12)
    assert (whole.truncated, pair.truncated) == (False, True)
    assert len(pair.prompt_ids) == 6  # half
    assert pair.chosen_ids == whole.chosen_ids[:6]
    assert len(pair.prompt_ids) + len(pair.rejected_ids) <= 12


def test_a_prompt_gets_what_the_response_leaves_and_at_least_half() -> None:
    assert prompt_room(100, 20) == 80
    assert prompt_room(100, 90) == 50


def test_a_sampled_response_becomes_a_turn_of_its_prompts_kind() -> None:
    assert response_turns(plain("x"), " y") == plain(" y")
    assert response_turns(CHAT, " y") == (Message("assistant", " y"),)


def test_special_tokens_that_a_person_wrote_are_text(stories: Any) -> None:
    special = set(stories.all_special_ids)
    row = Row(plain("One day <s> he"), plain(" ran</s> home."), plain(" sat <unk>."))
    pair = encode_pair(row, stories, max_length=64)
    assert pair.prompt_ids[0] == BOS
    assert pair.chosen_ids[-1] == pair.rejected_ids[-1] == stories.eos_token_id
    assert not special & {*pair.prompt_ids[1:], *pair.chosen_ids[:-1], *pair.rejected_ids[:-1]}
    assert stories.decode(pair.prompt_ids[1:]) == "One day <s> he"


def test_special_tokens_of_a_template_stay_tokens(stories: Any) -> None:
    stories.chat_template = TEMPLATE
    assert 2 in encode_prompt(CHAT, stories)  # </s> behind the assistant's turn
