"""The deck of tables below Compare's charts."""

from workbench import api
from workbench.ui.pages.compare.deck import Deck, Tab
from workbench.ui.theme import Look


class Names(Tab):
    """Lists the arms that are shown."""

    tip = "The arms' names"

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.names: list[str] = []

    def showing(self, comparison, scheme, hidden):
        self.names = []
        for arm in comparison.arms:
            if arm.name not in hidden:
                self.names.append(arm.name)
                yield


def test_only_the_tab_in_sight_is_filled_and_another_when_it_is_turned_to(qtbot, evaluated):
    compared = api.compare_runs(evaluated)
    first, second = Names("first"), Names("second")
    deck = Deck([first, second])
    qtbot.addWidget(deck)
    deck.show()
    scheme = Look("light").scheme
    for _ in deck.showing(compared, scheme, {"PPO"}):
        pass
    shown = [arm.name for arm in compared.arms if arm.name != "PPO"]
    assert first.names == shown
    assert second.names == []
    deck.actions()[0].trigger()
    qtbot.waitUntil(lambda: deck.is_done)
    assert second.isVisible()
    assert second.names == shown
