"""The tree of named errors. Each builds the sentence a person reads; the cause stays attached for the log."""

from collections.abc import Mapping
from pathlib import Path


class WorkbenchError(Exception):
    """Something the person can act on: one sentence on what happened and one on what helps.

    Args:
        sentence: what happened, naming the file, the place and what was expected.
        hint: what the person can do about it; empty when the sentence says it all.
    """

    code = "error"

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


class BadInput(WorkbenchError):
    """A file or a value that the person gave cannot be used."""

    code = "bad_input"


class BadRow(BadInput):
    """One row of a data file cannot be used.

    Args:
        source: the file.
        line: the line, counted from 1 (the record's number where a file has no lines); 0 when it is the whole file.
        field: the column at fault; empty when it is the whole row.
        problem: what is wrong, as "is empty" or "is not valid UTF-8".
        expected: what was expected instead.
        hint: what to do.
        counted: what `line` counts: "row" where a file has no lines.
    """

    code = "bad_row"

    def __init__(
        self, source: Path | str, line: int, field: str, problem: str, expected: str, hint: str, counted: str = "line"
    ) -> None:
        place = f", {counted} {line}" if line else ""
        subject = f" `{field}`" if field else ""
        super().__init__(f"{source}{place}:{subject} {problem}; expected {expected}.", hint)
        self.source, self.line, self.field = str(source), line, field
        self.problem, self.expected = problem, expected


class BadSetting(BadInput):
    """A setting is unknown, of the wrong type or out of bounds.

    Args:
        sentence, hint: as of every error; settings are named in backticks, as files name them.
        labels: what forms call those settings.
    """

    code = "bad_setting"

    def __init__(self, sentence: str, hint: str = "", labels: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence, hint)
        self._labels = dict(labels or {})

    def by_label(self, further: Mapping[str, str]) -> str:
        """Returns sentence and hint with the settings named as forms name them.

        Args:
            further: labels of settings around those that the error knows.
        """
        words = str(self)
        for name, label in (dict(further) | self._labels).items():
            words = words.replace(f"`{name}`", f"“{label}”")
        return words


class NotFound(WorkbenchError):
    """A project, dataset, run, checkpoint or file that was named does not exist."""

    code = "not_found"


class AlreadyExists(WorkbenchError):
    """A name that is taken."""

    code = "already_exists"


class NewerFormat(WorkbenchError):
    """A file written by a newer version of the program."""

    code = "newer_format"


class ModelRefused(BadInput):
    """A model folder that is incomplete or not safe to load."""

    code = "model_refused"


class Offline(WorkbenchError):
    """A hub name was given and the hub cannot be reached."""

    code = "offline"


class EndpointRefused(WorkbenchError):
    """A model behind an endpoint does not accept the key, the model's name or the question."""

    code = "endpoint_refused"


class Busy(WorkbenchError):
    """Another process holds what this one needs, for longer than is reasonable to wait."""

    code = "busy"


class RunFailure(WorkbenchError):
    """A run ended for a reason that has a name; the worker writes it down as the run's outcome."""

    code = "failed"


class OutOfMemory(RunFailure):
    """The device's memory did not suffice."""

    code = "out_of_memory"


class NotANumber(RunFailure):
    """The loss or the gradient became NaN or infinite."""

    code = "nan_loss"


class KlDiverged(RunFailure):
    """The policy left the reference so far that nothing measured there means anything."""

    code = "kl_diverged"


class ProcessLost(RunFailure):
    """One of the processes that trained a run together is gone."""

    code = "process_lost"


class ServerLost(RunFailure):
    """A server that the run needs no longer answers, or refuses."""

    code = "server_lost"


class DiskFull(RunFailure):
    """The disk has no room for the next checkpoint or log line."""

    code = "disk_full"


class NoEndOfSequence(RunFailure):
    """The model or its tokenizer names no end-of-sequence token."""

    code = "no_eos"
