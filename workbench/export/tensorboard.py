"""What runs measured, as event files for TensorBoard: one folder a run, every metric under its name, which is TRL's.

A program of its own: tensorboardX imports torch wherever that is installed, and neither window nor command line waits for it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.domain.errors import WorkbenchError
from workbench.domain.events import Evaluated, Metrics, current_events
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder

_FILES = "events.out.tfevents.*"


def write_run(run: RunFolder, folder: Path) -> None:
    """Writes one run's events into its folder, at the times at which they were said."""
    from tensorboardX import SummaryWriter  # noqa: PLC0415  (imports torch)

    for old in folder.glob(_FILES):
        old.unlink()
    job = run.job()
    with SummaryWriter(str(folder), write_to_disk=True) as writer:
        recipe = "\n".join(f"    {name}: {value}" for name, value in job.recipe.model_dump(mode="json").items())
        writer.add_text("recipe", f"    {job.method}, seed {job.seed}\n{recipe}", 0, walltime=job.created)
        for event in current_events(run.events()[0]):
            if isinstance(event, Metrics | Evaluated):
                for name, value in event.values.items():
                    writer.add_scalar(name, value, event.step, walltime=event.at)


def main(arguments: Sequence[str]) -> int:
    """Writes runs' event files: PROJECT FOLDER RUN..."""
    project, folder = Project.open(Path(arguments[0])), Path(arguments[1])
    try:
        for run_id in arguments[2:]:
            write_run(project.run(run_id), folder / run_id)
    except (OSError, WorkbenchError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
