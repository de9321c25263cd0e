from workbench.domain import errors
from workbench.domain.errors import BadRow, WorkbenchError


def named() -> list[type[WorkbenchError]]:
    return [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, WorkbenchError)]


def test_an_error_is_a_sentence_and_a_hint():
    error = WorkbenchError("It is gone.", "Look elsewhere.")
    assert (error.sentence, error.hint, str(error)) == ("It is gone.", "Look elsewhere.", "It is gone. Look elsewhere.")
    assert str(WorkbenchError("It is gone.")) == "It is gone."


def test_a_bad_row_names_file_line_field_and_what_was_expected():
    error = BadRow("pairs.jsonl", 3, "chosen", "is empty", "text", "Fill it in.")
    assert str(error) == "pairs.jsonl, line 3: `chosen` is empty; expected text. Fill it in."
    assert str(BadRow("a.parquet", 3, "", "is odd", "a row", "", "row")) == "a.parquet, row 3: is odd; expected a row."
    assert str(BadRow("a.csv", 0, "", "is empty", "rows", "")) == "a.csv: is empty; expected rows."


def test_every_error_has_a_code_of_its_own():
    codes = [error.code for error in named()]
    assert len(codes) == len(set(codes)) > 10
