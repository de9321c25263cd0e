"""One of several processes that shard a model on the CPU: `python sharded_on_cpu.py RUN_FOLDER ...`.

torch shards on gloo; accelerate does so on accelerators only, so here it takes the CPUs for such.
"""

import os
import sys

import torch
from accelerate import PartialState
from accelerate.utils import DistributedType

from tests.training.one_of_several import work
from workbench.training.processes import Processes

if __name__ == "__main__":
    Processes.join(torch.device("cpu"))
    os.environ["ACCELERATE_TORCH_DEVICE"] = "cpu"
    PartialState._prepare_backend = lambda *_: ("gloo", DistributedType.MULTI_GPU)
    sys.exit(work(sys.argv[1:]))
