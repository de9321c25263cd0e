"""What all commands share: their common options, and printing for people or for scripts."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.domain.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
ProjectFolder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.", show_default=False)]
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # all control characters but tab and line break


def examples(*lines: str) -> str:
    """Returns the end of a command's help; the mark keeps its lines from being joined."""
    return "Examples:\n\n\b\n" + "\n".join(f"  {line}" for line in lines)


def flag(group: type[Settings], name: str, *names: str) -> Any:
    """Returns the option of a setting, with the help that its declaration gives; left away, the setting is as it was.

    Args:
        group: where the setting is declared.
        name: of the setting.
        *names: the flag's own names where they differ from the setting's.
    """
    declared = group.model_fields[name]
    extra = declared.json_schema_extra if isinstance(declared.json_schema_extra, dict) else {}
    unit = f" In {extra['unit']}." if extra.get("unit") else ""
    default = declared.default if isinstance(declared.default, int | float | str) and declared.default != "" else None
    stands = f" Default: {default}." if default is not None else ""
    return typer.Option(
        *names or (f"--{name.replace('_', '-')}",), help=f"{declared.description}{unit}{stands}", show_default=False
    )


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Prints one object; pydantic records by their JSON form."""
    content = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    json.dump(content, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


def printable(text: str) -> str:
    """Returns a text in which nothing commands the terminal: models and data may hold any character."""
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text)


def say(text: str = "") -> None:
    """Prints a line for people. Nothing in it is read as markup: names and model text may hold brackets."""
    Console(highlight=False, soft_wrap=True).print(printable(text), markup=False)


def note(text: str) -> None:
    """Prints a line for people on standard error, so that it never stands between JSON and its reader."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(printable(text), markup=False)


def print_table(columns: list[str], rows: list[list[str]], *, title: str = "") -> None:
    """Prints a table; columns after the first hold figures and are aligned right where they are numbers."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, header_style="bold", overflow="fold")
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:  # a file or a pipe has no edge to wrap at
        console.width = 200
    console.print(table)
