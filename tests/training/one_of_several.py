"""One of several processes that work runs through, one run after the other: `python one_of_several.py RUN_FOLDER ...`.

With `gradients` and a file instead, the first one writes the gradients of a PPO minibatch.
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


def write_gradients(path: Path) -> int:
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    from tests.training.ppo_minibatch import gradients  # noqa: PLC0415
    from workbench.training.processes import Processes  # noqa: PLC0415

    found = gradients(Processes.join(torch.device("cpu")))
    if RANK == 0:
        save_file(found, path)
    return 0


if __name__ == "__main__":
    sys.exit(write_gradients(Path(sys.argv[2])) if sys.argv[1] == "gradients" else work(sys.argv[1:]))
