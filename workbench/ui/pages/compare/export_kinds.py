"""What can be exported: the words of each format, what it is of, and what is told of it."""

from dataclasses import dataclass
from typing import Literal

Of = Literal["charts", "comparison", "runs", "run"]
_PAGE = (
    "Question, verdict, cautions, tables, these charts, whether the arms were treated alike, the same prompts side by side, "
    "recipes, costs, environment, and how to run it again. Arms that are not ticked are left out."
)
TOLD_LOGGED = (
    "Every metric that any run of the project logged while it trained, ticked or not: one line for each step of each run, one "
    "column for each metric, as it was logged. Nothing is smoothed or left out."
)


@dataclass(frozen=True)
class ExportKind:
    """One format.

    Attributes:
        key: the ending of its files; for folders its name.
        words: what people call it.
        of: what is chosen: charts, nothing but the comparison, its runs, or one run.
        told: what will be there.
    """

    key: str
    words: str
    of: Of = "charts"
    told: str = ""

    @property
    def is_figure(self) -> bool:
        """Says whether size, ground and letters matter."""
        return self.key in (".svg", ".pdf", ".png")

    @property
    def is_table(self) -> bool:
        """Says whether it can hold all that was logged."""
        return self.key in (".csv", ".parquet")

    @property
    def is_folder(self) -> bool:
        """Says whether it is a folder and no file."""
        return not self.key.startswith(".")


KINDS = {
    kind.key: kind
    for kind in (
        ExportKind(".svg", "SVG, vector figure"),
        ExportKind(".pdf", "PDF, vector figure"),
        ExportKind(".png", "PNG, pixels"),
        ExportKind(
            ".csv", "CSV, the numbers", told="One line for each point of each curve: panel, arm, role, x, y, the interval's "
            "ends, and the raw value where curves are smoothed. What is drawn above is what the numbers are of."
        ),
        ExportKind(".parquet", "Parquet, all that was logged", told=TOLD_LOGGED),
        ExportKind(".html", "HTML report", "comparison", f"One file, for screen, phone and paper. {_PAGE}"),
        ExportKind(".md", "Markdown report", "comparison", f"Text, with the charts as SVG in a folder beside it. {_PAGE}"),
        ExportKind(
            "tensorboard", "TensorBoard event files", "runs", "A folder a run, all metrics under their names, which are TRL's. "
            "Files written there before for the same runs are replaced."
        ),
        ExportKind(
            "model", "Hugging Face model folder", "run", "The run's last checkpoint as safetensors with tokenizer, "
            "configuration and a model card: verdict, figures, charts, how it was trained, its limits."
        ),
        ExportKind(
            "script", "Python script", "run", "The run as train.py on TRL with its data, for people who leave: it needs nothing "
            "of this program. TRL has no PPO, so the script of a PPO run calls the one of this program."
        ),
    )
}  # fmt: skip
