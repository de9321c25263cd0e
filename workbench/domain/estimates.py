"""A measured value with its uncertainty."""

from pydantic import BaseModel, ConfigDict, Field


class Estimate(BaseModel):
    """A mean with an interval and the number of independent units behind it."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float
    n: int = Field(description="Prompts, or seeds where several seeds were run.")

    def excludes(self, value: float) -> bool:
        """Says whether the interval lies wholly on one side of `value`."""
        return self.low > value or self.high < value
