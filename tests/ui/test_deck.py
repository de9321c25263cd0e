"""The deck of tables below Compare's charts."""

from workbench import api
from workbench.ui.pages.compare.deck import Deck, Tab
from workbench.ui.theme import Look


class First(Tab):
    """Lists the arms that are shown."""

    title = "First"
    tip = "The arms' names"

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def showing(self, comparison, scheme, hidden):
        self.names = []
        for arm in comparison.arms:
            if arm.name not in hidden:
                self.names.append(arm.name)
                yield


class Second(First):
    """Does the same behind the first."""

    title = "Second"


def test_only_the_tab_in_sight_is_made_and_filled_and_another_when_it_is_turned_to(qtbot, evaluated):
    compared, made = api.compare_runs(evaluated), []
    deck = Deck({kind: lambda kind=kind: made.append(kind) or kind() for kind in (First, Second)})
    qtbot.addWidget(deck)
    deck.show()
    for _ in deck.showing(compared, Look("light").scheme, {"PPO"}):
        pass
    shown = [arm.name for arm in compared.arms if arm.name != "PPO"]
    assert deck.tab(First).names == shown
    assert made == [First]
    deck.actions()[0].trigger()
    qtbot.waitUntil(lambda: deck.is_done)
    assert made == [First, Second]
    assert deck.tab(Second).isVisible()
    assert deck.tab(Second).names == shown
