"""Values out of a source's columns, each with the sentence that says what is wrong when it is not what it should be."""

import difflib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

Values = Mapping[str, Any]
M = TypeVar("M")
_TRUE = frozenset({"true", "yes", "1", "liked", "good", "up"})
_FALSE = frozenset({"false", "no", "0", "disliked", "bad", "down"})
PROMPT_LIKE = frozenset({"question", "query", "instruction", "input", "context", "user", "human"})  # others call it so
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}


class FieldError(Exception):
    """One row cannot be used; whoever knows file and line makes a BadRow of it.

    Args:
        field: the column at fault; empty when it is the whole row.
        problem: what is wrong, as "is empty".
        expected: what was expected instead.
        hint: what to do.
    """

    def __init__(self, field: str, problem: str, expected: str, hint: str = "") -> None:
        super().__init__(f"{field} {problem}")
        self.field, self.problem, self.expected, self.hint = field, problem, expected, hint


def kind_of(value: object) -> str:
    """Returns what a JSON value is, in words."""
    return "null" if value is None else _KINDS.get(type(value), f"a {type(value).__name__}")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that `name` is probably a misspelling, or a part, of."""
    names = list(known)
    longer = [other for other in names if name.lower() in other.lower()]
    found = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.7) or longer
    return found[0] if found else None


def required(values: Values, name: str) -> Any:
    """Returns the value of a column that every row must have.

    Raises:
        FieldError: the row has no such column, or it is null.
    """
    value = values.get(name)
    if value is None:
        raise missing(name, values)
    return value


def missing(name: str, columns: Collection[str]) -> FieldError:
    """Returns the error for a column that is not there, with the nearest name that is."""
    if name in columns:
        return FieldError(name, "is null", "a value", "Fill it in, or skip such rows (--skip-bad).")
    alike = [column for column in columns if name == "prompt" and column in PROMPT_LIKE]
    near = alike[0] if alike else nearest(name, columns)
    hint = f"Did you mean `{near}`? Then add --map {name}={near}." if near else f"Name it with --map {name}=COLUMN."
    found = ", ".join(f"`{column}`" for column in list(columns)[:12]) or "no columns"
    return FieldError(name, "is missing", f"a column of that name (found {found})", hint)


def text(values: Values, name: str) -> str:
    """Returns a column that must be text.

    Raises:
        FieldError: it is missing or something else.
    """
    value = required(values, name)
    if not isinstance(value, str):
        raise FieldError(name, f"is {kind_of(value)}", "text", "Put text there, or choose another --format.")
    return value


def spoken(values: Values, name: str) -> str:
    """Returns a column as text where a program that wrote the file may have made `True` or `7` of a response."""
    value = required(values, name)
    return str(value) if isinstance(value, bool | int | float) else text(values, name)


def optional_text(values: Values, name: str) -> str:
    """Returns a column's text, or the empty text where the row has none."""
    return "" if values.get(name) is None else text(values, name)


def number(values: Values, name: str) -> float | None:
    """Returns a column's finite number; None where the row has none.

    Raises:
        FieldError: it is something else.
    """
    value = values.get(name)
    if value is None or value == "":
        return None
    try:
        result = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise FieldError(name, f"is {str(value)[:40]!r}", "a finite number", "Correct it, or leave it empty.")
    return result


def flag(values: Values, name: str) -> bool | None:
    """Returns a column that says yes or no; None where the row has none.

    Raises:
        FieldError: it is neither.
    """
    value = values.get(name)
    if value is None or value == "" or isinstance(value, bool):
        return value if isinstance(value, bool) else None
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise FieldError(name, f"is {str(value)[:40]!r}", "true or false", "Use true or false, or 1 or 0.")


def label(values: Values, name: str, meanings: Mapping[str, M]) -> M:
    """Returns what a label such as 1, "2" or "b" means.

    Args:
        values: the row.
        name: the label's column.
        meanings: every allowed label, as text, with its meaning.

    Raises:
        FieldError: it is missing or none of them.
    """
    return _meaning(required(values, name), name, meanings)


def votes(value: object, name: str, meanings: Mapping[str, M]) -> list[tuple[str, M]]:
    """Reads who chose what: {rater: label} or [{"rater": ..., "choice": label}], or either as JSON text.

    Raises:
        FieldError: it is neither.
    """
    if isinstance(value, str):
        value = decoded(value, name)
    if isinstance(value, Mapping):
        return [(str(rater), _meaning(choice, f"{name}.{rater}", meanings)) for rater, choice in value.items()]
    if isinstance(value, list) and all(isinstance(one, Mapping) and {"rater", "choice"} <= set(one) for one in value):
        return [(str(one["rater"]), _meaning(one["choice"], name, meanings)) for one in value]
    raise FieldError(name, f"is {kind_of(value)}", "an object of rater names and choices", 'As {"anna": "a"}.')


def decoded(value: str, name: str) -> Any:
    """Returns what a cell of JSON text holds; None where it is empty.

    Raises:
        FieldError: it is not JSON.
    """
    try:
        return json.loads(value) if value.strip() else None
    except ValueError as error:
        raise FieldError(name, "is not valid JSON", "a JSON value", "Correct the cell.") from error


def rest(values: Values, used: Collection[str]) -> dict[str, Any]:
    """Returns the columns that a reader has no use for: the row's metadata."""
    return {name: value for name, value in values.items() if name not in used}


def _meaning(value: object, name: str, meanings: Mapping[str, M]) -> M:
    whole = isinstance(value, float) and value.is_integer()
    word = str(int(value) if whole and isinstance(value, float) else value).strip().lower()
    if word not in meanings:
        raise FieldError(name, f"is {str(value)[:40]!r}", " or ".join(meanings), "Correct the label.")
    return meanings[word]
