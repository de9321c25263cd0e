"""How often each interval holds a known truth, with the error of the count: `python tests/benchmarks/coverage.py [DRAWS]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulations import WORLDS

if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    print(f"Coverage of 95% intervals in {draws} draws")
    for world in WORLDS:
        for name, covered in world.coverage(draws, seed=2).items():
            error = 196 * (covered * (1 - covered) / draws) ** 0.5
            print(f"{100 * covered:5.1f}% +- {error:.1f}   {name}", flush=True)
