"""One cursor for several charts."""

from PySide6.QtCore import QObject

from workbench.ui.widgets.plots.chart_card import ChartCard


class ChartLink(QObject):
    """Moves the cursor of every chart that has the same x-axis as the one under the pointer."""

    def __init__(self, cards: list[ChartCard], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cards = cards
        for card in cards:
            card.pointed.connect(self._on_pointed)

    def _on_pointed(self, source: ChartCard, x: float | None) -> None:
        for card in self._cards:
            if card.spec is not None and source.spec is not None:
                card.point_at(x if card.spec.x == source.spec.x else None)
