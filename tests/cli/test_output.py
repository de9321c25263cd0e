"""What is printed for people is never read as markup, and tables keep their lines."""

import pytest

from workbench.cli.output import examples, note, print_json, print_table, say


def test_brackets_in_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold]not bold[/bold]")
    print_table(["run"], [["[red]x[/red]"]])
    printed = capsys.readouterr().out
    assert "[bold]not bold[/bold]" in printed
    assert "[red]x[/red]" in printed


def test_json_is_one_line_and_keeps_letters_of_all_languages(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "宇宙"})
    assert capsys.readouterr().out == '{"name": "宇宙"}\n'


def test_a_row_is_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["arm", "gold"], [["a" * 60, "b" * 60]])
    assert "a" * 60 + "  " + "b" * 60 in capsys.readouterr().out


def test_examples_keep_their_lines() -> None:
    assert examples("one", "two") == "Examples:\n\n\b\n  one\n  two"


@pytest.mark.parametrize("print_", [say, note, lambda text: print_table(["run"], [[text]])])
def test_what_a_model_wrote_commands_no_terminal(print_, capsys: pytest.CaptureFixture[str]) -> None:
    print_("red \x1b[31m, title \x1b]0;mine\x07, over\rwritten, \x9b2J, half \ud83d; kept:\ttab")
    printed = "".join(capsys.readouterr())
    assert [letter for letter in printed if ord(letter) < 32 and letter not in "\t\n"] == []
    assert not set("\x9b\ud83d") & set(printed)
    assert "red \N{REPLACEMENT CHARACTER}[31m" in printed
