"""One of several processes that work runs through, one run after the other.

`python one_of_several.py GRADIENTS RUN_FOLDER ...`: before the runs the first one writes the gradients of a PPO minibatch
to that file.
"""

import os
import sys
from pathlib import Path

RANK = int(os.environ.get("RANK", "0"))


def work(folders: list[str]) -> int:
    from workbench.training.worker import Terminations, work_beside, work_through  # noqa: PLC0415

    codes = [
        work_beside(Path(folder), Terminations(), RANK) if RANK else work_through(Path(folder), Terminations())
        for folder in folders
    ]
    return max(codes)


def write_gradients(path: Path) -> None:
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    from tests.training.ppo_minibatch import gradients  # noqa: PLC0415
    from workbench.training.processes import Processes  # noqa: PLC0415

    found = gradients(Processes.join(torch.device("cpu")))
    if RANK == 0:
        save_file(found, path)


if __name__ == "__main__":
    write_gradients(Path(sys.argv[1]))
    sys.exit(work(sys.argv[2:]))
