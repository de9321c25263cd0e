from workbench.ui.data.import_words import in_window_words


def test_flags_become_what_the_window_has():
    assert in_window_words("Correct the row, or skip such rows (--skip-bad).") == (
        'Correct the row, or skip such rows (tick "Skip bad rows").'
    )
    assert in_window_words("Did you mean --map prompt=question?") == "Did you mean question as the column of prompt?"
    assert in_window_words("Choose a --format.") == "Choose a format."
