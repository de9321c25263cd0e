"""What a reader is, and how the readers are found: every module of `readers/` has one under the name READER."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.data.fields import Values
from workbench.domain.pairs import DatasetKind, Row


@dataclass(frozen=True)
class Reader:
    """One format of preference data.

    Attributes:
        name: as in `--format`.
        title: what it is, in words.
        kind: what its rows hold.
        required: the columns that every row has.
        read: turns one record into rows; raises FieldError where it cannot.
        optional: columns that it understands besides.
        aliases: other names under which a column occurs.
        fits: looks at the values of one record; False where columns agree but values are another format's.
        rank: decides between formats that fit equally well; the higher one wins.
        judged: people judged these very texts. Then an empty response is a fact about a model and two equal ones are a
            tie; elsewhere both are mistakes and refused.
    """

    name: str
    title: str
    kind: DatasetKind
    required: tuple[str, ...]
    read: Callable[[Values], Iterable[Row]]
    optional: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fits: Callable[[Values], bool] = lambda _: True
    rank: int = 0
    judged: bool = False

    def renames(self, columns: Collection[str]) -> dict[str, str]:
        """Returns {the file's name: ours} for columns that stand under an alias."""
        return {
            alias: name
            for name, aliases in self.aliases.items()
            if name not in columns
            for alias in aliases[:]
            if alias in columns and alias == next(a for a in aliases if a in columns)
        }

    def missing(self, columns: Collection[str]) -> list[str]:
        """Returns the required columns that are there neither by name nor by alias."""
        return [
            name for name in self.required if name not in columns and not set(self.aliases.get(name, ())) & set(columns)
        ]


def renamed(values: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Returns a record with columns renamed; a column whose name is needed for another keeps its value as source_NAME."""
    if not names:
        return values
    taken = set(names.values())
    return {names.get(name, f"source_{name}" if name in taken else name): value for name, value in values.items()}


def find_readers() -> tuple[Reader, ...]:
    """Returns all readers, the higher ranks first."""
    package = importlib.import_module("workbench.data.readers")
    modules = [
        importlib.import_module(f"{package.__name__}.{info.name}") for info in pkgutil.iter_modules(package.__path__)
    ]
    readers: list[Reader] = [module.READER for module in modules]
    return tuple(sorted(readers, key=lambda reader: (-reader.rank, reader.name)))
