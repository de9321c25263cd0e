"""What every row must satisfy, whatever format it came in."""

from workbench.data.fields import FieldError
from workbench.data.streams import MAX_ROW_BYTES
from workbench.domain.pairs import DatasetKind, Row, Turns

_SKIP = "Correct the row, or skip such rows (--skip-bad)."


def check_row(row: Row, kind: DatasetKind, *, judged: bool) -> None:
    """Refuses a row that nothing could be learned from.

    Args:
        row: in place, two equal judged responses become a tie.
        kind: what the dataset holds.
        judged: see Reader.

    Raises:
        FieldError: a text is empty, not text or too long, or both responses are the same.
    """
    size = _check_turns(row.prompt, "prompt", may_be_empty=False)
    for turns, field in ((row.chosen, "chosen"), (row.rejected, "rejected")):
        if turns is not None:
            size += _check_turns(turns, field, may_be_empty=judged)
    if size > MAX_ROW_BYTES:
        raise FieldError("", "is too long", f"at most {MAX_ROW_BYTES // 2**20} MiB a row", _SKIP)
    if kind is DatasetKind.PREFERENCE and row.chosen == row.rejected and not row.tie:
        if not judged:
            raise FieldError("rejected", "is the same text as `chosen`", "two different responses", _SKIP)
        row.tie = True


def _check_turns(turns: Turns, field: str, *, may_be_empty: bool) -> int:
    """Returns the length of the turns' text."""
    size, said = 0, False
    for _, content in turns:
        size += len(content)
        said = said or not (not content or content.isspace())
        if not content.isascii():
            _check_characters(content, field)
    if not said and not may_be_empty:
        raise FieldError(field, "is empty", "text", _SKIP)
    return size


def _check_characters(content: str, field: str) -> None:
    try:
        content.encode()
    except UnicodeEncodeError as error:
        stray = content[error.start]
        what = "is not valid UTF-8" if "\udc80" <= stray <= "\udcff" else f"holds half a character (U+{ord(stray):04X})"
        raise FieldError(field, what, "text in UTF-8", "Write the file again as UTF-8.") from error
