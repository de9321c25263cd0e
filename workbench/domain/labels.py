"""What people said about two answers that they saw without names: one line of comparisons/labels.jsonl each."""

import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

BlindVerdict = Literal["first", "second", "tie", "skip"]
PEOPLE = "people"  # the judge that labels are


class SampleRef(BaseModel):
    """Which answer was shown: an evaluation's, at a checkpoint, with the hash of its text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evaluation: str = Field(description="The evaluation's run id.")
    step: int
    turn: int = Field(0, description="How many earlier answers to the same prompt the checkpoint gave.")
    sha256: str = Field(description="Of the answer's text.")


class BlindLabel(BaseModel):
    """One judgement; `first` is the answer that stood first, under 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["label"] = "label"
    id: str
    at: float = Field(default_factory=time.time)
    rater: str
    prompt_key: str
    first: SampleRef
    second: SampleRef
    verdict: BlindVerdict


class Withdrawal(BaseModel):
    """Takes a label back; the label's line stays where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["withdrawal"] = "withdrawal"
    label: str = Field(description="The label's id.")
    at: float = Field(default_factory=time.time)


LabelLine = BlindLabel | Withdrawal
label_codec: TypeAdapter[LabelLine] = TypeAdapter(Annotated[LabelLine, Field(discriminator="kind")])
