"""Tables of facts in words: units, intervals, and what the seeds came to in short."""

from workbench.compare.fair_tables import seeds_table
from workbench.compare.seeds import ArmSeeds, SeedResult
from workbench.domain.estimates import Estimate


def seed(number: int, *, why: tuple[str, ...] = ()) -> SeedResult:
    kl = Estimate(mean=2.0, low=1.5, high=2.5, n=64)
    return SeedResult(seed=number, run=f"ppo-s{number}", state="finished", last_step=9, kl=kl, collapsed=why)


def test_columns_name_their_units_and_cells_half_of_their_interval():
    table = seeds_table([ArmSeeds(arm="ppo", index=1, seeds=(seed(0),))])
    assert table.headings[7:9] == ["KL (nats)", "length (tokens)"]
    cell = table.rows[0].cells[7]
    assert (cell.words, cell.full) == ("2.00\n±0.50", "2.00, 95 % interval 1.50 to 2.50, n = 64")


def test_collapsed_seeds_are_counted_where_there_are_any():
    sound, broken = (ArmSeeds(arm=arm, index=1, seeds=(seed(0), seed(1, why=why)))
                     for arm, why in (("dpo", ()), ("ppo", ("repetitive",))))  # fmt: skip
    assert seeds_table([sound]).summary == "no seed of any arm collapsed"
    assert seeds_table([sound, broken]).summary == "collapsed: dpo 0 of 2 (0 %); ppo 1 of 2 (50 %)"
    assert seeds_table([]).summary == ""
