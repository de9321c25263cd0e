"""What doing a run again came to: which numbers and weights are the same, and what the two times differ in."""

import time

from pydantic import BaseModel, ConfigDict, Field

from workbench.domain.records import Method, Record


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MetricReplay(_Part):
    """One metric of both times, compared step by step."""

    name: str
    n_compared: int = Field(description="Steps at which both times measured it.")
    n_missing: int = Field(0, description="Steps at which only one of them did.")
    largest: float = Field(0.0, description="The largest absolute difference, in the metric's unit.")
    first_step: int | None = Field(None, description="The first step at which they differ.")

    @property
    def is_same(self) -> bool:
        """Says whether the metric is the same to the last bit at every step."""
        return self.first_step is None and not self.n_missing


class FileReplay(_Part):
    """A file of weights or samples of one step."""

    step: int
    name: str
    before: str = Field(description="SHA-256 of its content the first time; empty where there was no such file.")
    after: str = Field(description="The same of the replay.")

    @property
    def is_same(self) -> bool:
        """Says whether both hold the same."""
        return self.before == self.after


class Changed(_Part):
    """Something of the surroundings that is not as it was: a version, the device, the number of threads."""

    what: str
    before: str
    after: str


class Replay(Record):
    """runs/ID/replay.json: how the newest replay of a run compares with the run."""

    run: str
    method: Method
    device: str = Field(description="Where the replay computed, in words.")
    metrics: tuple[MetricReplay, ...]
    files: tuple[FileReplay, ...]
    changed: tuple[Changed, ...] = ()
    seconds: float = Field(description="That the replay took.")
    at: float = Field(default_factory=time.time)

    @property
    def is_same(self) -> bool:
        """Says whether all numbers and all weights are the same to the last bit."""
        return all(metric.is_same for metric in self.metrics) and all(file.is_same for file in self.files)

    @property
    def sentence(self) -> str:
        """What came of it, for people."""
        n_values = sum(metric.n_compared for metric in self.metrics)
        counted = f"{n_values:,} values of {len(self.metrics)} metrics and {len(self.files)} files"
        if self.is_same:
            return f"The same to the last bit: {counted}."
        parts = [*self._metric_words(), *self._file_words()]
        return f"Not the same: {'; '.join(parts)}. Compared: {counted}."

    def _metric_words(self) -> list[str]:
        differing = [metric for metric in self.metrics if metric.first_step is not None]
        missing = [metric.name for metric in self.metrics if metric.n_missing]
        words = []
        if differing:
            first = min(differing, key=lambda metric: (metric.first_step or 0, metric.name))
            words.append(
                f"{len(differing)} of {len(self.metrics)} metrics, `{first.name}` first, from step {first.first_step} on "
                f"and by {first.largest:.3g} at most"
            )
        if missing:
            words.append(f"steps that only one of the two measured, of {len(missing)} metrics")
        return words

    def _file_words(self) -> list[str]:
        other = sorted({file.step for file in self.files if not file.is_same})
        return [f"the files of step {', '.join(map(str, other))}"] if other else []
