"""Previews read the beginning, say what they found and write nothing."""

import json
from pathlib import Path

import pytest

from workbench.data.preview import preview_file
from workbench.domain.errors import NotFound
from workbench.domain.pairs import DatasetKind, plain


def _file(folder: Path, records: list[object]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def _pair(number: int, **more: object) -> dict[str, object]:
    return {"prompt": f"p{number}", "chosen": "yes", "rejected": "no", **more}


def test_a_known_format_is_shown_with_its_first_rows_and_the_reason(tmp_path: Path) -> None:
    preview = preview_file(_file(tmp_path, [_pair(number) for number in range(12)]))
    assert (preview.format, preview.kind, preview.problem) == ("trl", DatasetKind.PREFERENCE, "")
    assert "`chosen`" in preview.why
    assert preview.names == {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}
    assert [row.prompt for row in preview.rows] == [plain(f"p{number}") for number in range(8)]
    assert (preview.n_looked_at, preview.n_bad, preview.reaches_end) == (12, 0, True)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_bad_rows_are_told_with_their_line_and_reason(tmp_path: Path) -> None:
    preview = preview_file(_file(tmp_path, [_pair(0), _pair(1, chosen=""), _pair(2, rejected="yes")]))
    assert [line.place for line in preview.bad] == ["line 2", "line 3"]
    assert "chosen is empty" in preview.bad[0].reason
    assert "same text" in preview.bad[1].reason
    assert len(preview.rows) == 1


def test_columns_of_other_names_are_a_problem_until_they_are_mapped(tmp_path: Path) -> None:
    path = _file(tmp_path, [{"question": "p", "good": "yes", "worse": "no"}])
    preview = preview_file(path)
    assert preview.format == ""
    assert preview.problem
    assert preview.columns == ("question", "good", "worse")
    mapped = preview_file(path, columns={"prompt": "question", "chosen": "good", "rejected": "worse"})
    assert mapped.format == "trl"
    assert mapped.names == {"prompt": "question", "chosen": "good", "rejected": "worse"}


def test_of_a_long_file_only_the_beginning_is_read(tmp_path: Path) -> None:
    preview = preview_file(_file(tmp_path, [_pair(number) for number in range(1500)]))
    assert (preview.n_looked_at, preview.reaches_end) == (1000, False)


def test_a_format_can_be_asked_for(tmp_path: Path) -> None:
    preview = preview_file(_file(tmp_path, [{"prompt": "p"}]), format="trl")
    assert "chosen" in preview.problem
    assert {choice.name for choice in preview.formats} >= {"trl", "prompts"}


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        preview_file(tmp_path / "nothing.jsonl")
