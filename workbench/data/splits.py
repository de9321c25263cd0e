"""Which prompts train, which choose and which test.

By prompt, never by pair: two pairs of one prompt on both sides of a split would let a model be tested on what it was
taught.
"""

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b, sha256
from itertools import islice
from typing import get_args

from workbench.domain.errors import BadSetting
from workbench.domain.pairs import DatasetKind
from workbench.domain.records import SplitName, Splits

SPLITS: tuple[SplitName, ...] = get_args(SplitName)
_PAIRS: dict[SplitName, float] = {"train": 0.9, "validation": 0.05, "test": 0.05}
_PROMPTS: dict[SplitName, float] = {"train": 0.0, "validation": 0.0, "test": 1.0}
_EXACT_UP_TO = 20_000  # prompts; at .05 the share is then off by 3 % of itself, one standard deviation
_NEEDED_FIRST: tuple[SplitName, ...] = ("train", "test", "validation")  # when there are fewer prompts than splits


def default_fractions(kind: DatasetKind) -> dict[SplitName, float]:
    """Returns .9, .05 and .05; a dataset of prompts alone is for testing, all of it."""
    return dict(_PROMPTS if kind is DatasetKind.PROMPTS else _PAIRS)


def checked_fractions(fractions: Mapping[SplitName, float]) -> dict[SplitName, float]:
    """Returns the fractions of all three splits.

    Raises:
        BadSetting: they are negative, unknown or do not add up to 1.
    """
    if not set(fractions) <= set(SPLITS):
        raise BadSetting(f"Splits are named {', '.join(SPLITS)}; found {', '.join(fractions)}.", "")
    full: dict[SplitName, float] = {name: fractions.get(name, 0.0) for name in SPLITS}
    if min(full.values()) < 0 or abs(sum(full.values()) - 1) > 1e-6:
        raise BadSetting(
            f"The shares of the splits are {full}; expected three that add up to 1.", "As .9, .05 and .05."
        )
    return full


class Splitter:
    """Gives each prompt its split, from a hash of seed and prompt, so that the same prompt always goes the same way.

    Args:
        seed: another seed, another division.
        fractions: of all three splits, adding up to 1.
    """

    def __init__(self, seed: int, fractions: Mapping[SplitName, float]) -> None:
        self.seed = seed
        self.fractions = checked_fractions(fractions)
        self.n_rows: dict[SplitName, int] = dict.fromkeys(SPLITS, 0)
        self._of: dict[int, SplitName] = {}  # by the prompt key as a number: a third of the memory of the text
        self._rows_of: dict[int, int] = {}  # only for prompts with more than one row

    @property
    def n_prompts(self) -> int:
        """How many different prompts have come."""
        return len(self._of)

    def place(self, key: str) -> SplitName:
        """Returns the split of a row whose prompt has this key, and counts the row."""
        number = int(key, 16)
        split = self._of.get(number)
        if split is None:
            split = self._of[number] = self._choose(key)
        else:
            self._rows_of[number] = self._rows_of.get(number, 1) + 1
        self.n_rows[split] += 1
        return split

    def settle(self) -> dict[str, SplitName]:
        """Moves prompts between the splits of a small dataset until each has its share, and at least one if they suffice.

        Hashing alone gives a dataset of a hundred prompts a test split of one as easily as of ten; above _EXACT_UP_TO the
        shares are right to a few per cent of themselves, and nothing moves.

        Returns:
            The prompts that moved, by key, with their new split.
        """
        if self.n_prompts > _EXACT_UP_TO:
            return {}
        waiting = iter(sorted(self._of, key=lambda number: (self._draw(f"{number:016x}"), number)))
        moved: dict[str, SplitName] = {}
        for name, quota in self._quotas(self.n_prompts).items():
            for number in islice(waiting, quota):
                if self._of[number] != name:
                    self._move(number, name)
                    moved[f"{number:016x}"] = name
        return moved

    def splits(self) -> Splits:
        """Returns the division as the manifest keeps it."""
        digest = sha256()
        for number in sorted(self._of):
            digest.update(f"{number:016x} {self._of[number]}\n".encode())
        return Splits(seed=self.seed, fractions=self.fractions, counts=self.n_rows, checksum=digest.hexdigest())

    def _choose(self, key: str) -> SplitName:
        return self._by_hash(key)

    def _by_hash(self, key: str) -> SplitName:
        draw = self._draw(key)
        for name in SPLITS:
            draw -= self.fractions[name]
            if draw < 0:
                return name
        return max(SPLITS, key=lambda name: self.fractions[name])  # the fractions' rounding left a crumb

    def _draw(self, key: str) -> float:
        digest = blake2b(f"{self.seed}:{key}".encode(), digest_size=7).digest()
        return int.from_bytes(digest, "big") / 2**56

    def _quotas(self, n_prompts: int) -> dict[SplitName, int]:
        """Returns how many prompts each split is to have; what rounding leaves goes to the largest."""
        wanted = [name for name in _NEEDED_FIRST if self.fractions[name] > 0][:n_prompts]
        quotas: dict[SplitName, int] = dict.fromkeys(SPLITS, 0)
        quotas.update({name: max(1, round(self.fractions[name] * n_prompts)) for name in wanted})
        largest: SplitName = max(wanted, key=lambda name: self.fractions[name], default="train")
        quotas[largest] += n_prompts - sum(quotas.values())
        return quotas

    def _move(self, number: int, split: SplitName) -> None:
        n_rows = self._rows_of.get(number, 1)
        self.n_rows[self._of[number]] -= n_rows
        self.n_rows[split] += n_rows
        self._of[number] = split


class GrowingSplitter(Splitter):
    """Leaves prompts in the splits that they have, and gives new ones to the split that is furthest from its share.

    Args:
        splits: how the dataset is divided so far.
        known: the split of each of its prompts, by key.
    """

    def __init__(self, splits: Splits, known: Mapping[str, SplitName]) -> None:
        super().__init__(splits.seed, splits.fractions)
        self._known = known

    def settle(self) -> dict[str, SplitName]:
        """Moves nothing: what was tested on stays what is tested on."""
        return {}

    def _choose(self, key: str) -> SplitName:
        if (known := self._known.get(key)) is not None:
            return known
        if self.n_prompts > _EXACT_UP_TO:
            return self._by_hash(key)
        missing = Counter(self._quotas(self.n_prompts + 1))
        missing.subtract(Counter(self._of.values()))
        return max(_NEEDED_FIRST, key=lambda name: missing[name])
