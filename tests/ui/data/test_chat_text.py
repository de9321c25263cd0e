from workbench.domain.pairs import Message, plain
from workbench.ui.data.chat_text import in_utf16, marked, prompt_text, response_text
from workbench.ui.data.word_diff import Span


def test_a_chat_shows_its_roles_and_a_text_none():
    assert prompt_text(plain("Hi")).text == "Hi"
    chat = prompt_text((Message("user", "Hi"), Message("assistant", "Hello")))
    assert chat.text == "User\nHi\n\nAssistant\nHello"
    assert [chat.text[start:end] for start, end in chat.roles] == ["User", "Assistant"]


def test_a_pair_is_marked_where_it_differs():
    chosen, rejected = marked(response_text(plain("a b")), response_text(plain("a c")))
    assert (chosen.marks, rejected.marks) == ((Span(2, 3),), (Span(2, 3),))
    assert marked(chosen, None)[1] is None


def test_places_behind_an_emoji_are_counted_as_qt_counts():
    assert in_utf16("😀 ab", [Span(2, 4)]) == [Span(3, 5)]


def test_line_ends_and_signs_of_qt_s_own_are_made_harmless():
    assert prompt_text(plain("a\r\nb\ufdd0\x00")).text == "a\nb\ufffd\ufffd"
