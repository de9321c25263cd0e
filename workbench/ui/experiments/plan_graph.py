"""The plan drawn: stages as buttons, arrows between them, a stack for several seeds; Ctrl and the wheel zoom."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    Qt,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QWidget

from workbench import api
from workbench.ui.experiments.plan_layout import Link, Stage, lay_out
from workbench.ui.theme import Look, Scheme
from workbench.ui.widgets.controls import tip_words

_WIDTHS = (150, 146, 126, 126)  # the last only where a judge asks an endpoint
_WIDEST = 1.6  # of what is needed, where there is room for longer names
_HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _STACK = 46, 32, 16, 6, 4
_ZOOMS = (0.6, 0.75, 0.9, 1.0, 1.2, 1.5)
_HEADS = ("Shared by all arms", "Arms", "Judged", "By endpoints")
_HEAD_HEIGHT = 20


class StageBox(QAbstractButton):
    """One stage; the base model's box has no stage."""

    def __init__(self, parent: QWidget, look: Look, title: str, status: str, stage: Stage | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.title, self.status, self.stage = title, status, stage
        self.scale = self.stretch = 1.0
        self.setAccessibleName(stage.accessible if stage else f"Base model {title}")
        self.setToolTip(tip_words(stage.tooltip if stage else "What every arm starts from"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def column(self) -> int:
        """Where it stands from left to right."""
        return self.stage.column if self.stage else 0

    @property
    def n_seeds(self) -> int:
        """How many runs stand behind it."""
        return len(self.stage.runs) if self.stage else 1

    def sizeHint(self) -> QSize:
        return QSize(round(_WIDTHS[self.column] * self.stretch * self.scale), round(_HEIGHT * self.scale))

    def front(self) -> QRectF:
        """Returns the frontmost sheet of the stack."""
        room = _STACK * self.scale * min(2, self.n_seeds - 1)
        return QRectF(self.rect()).adjusted(1, 1 + room, -1 - room, -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for depth in range(min(2, self.n_seeds - 1), -1, -1):
            self._paint_sheet(painter, depth)
        self._paint_words(painter)

    def _paint_sheet(self, painter: QPainter, depth: int) -> None:
        tokens = self._look.scheme.tokens
        fate = self.stage.fate if self.stage else ""
        edge = {"new": tokens.accent, "mixed": tokens.accent, "goes on": tokens.warn}.get(fate, tokens.muted)
        style = Qt.PenStyle.DashLine if fate == "reused" else Qt.PenStyle.SolidLine
        width = 2.0 if depth == 0 and (self.hasFocus() or self.underMouse()) else 1.2
        painter.setPen(QPen(QColor(tokens.ink if self.hasFocus() and depth == 0 else edge), width, style))
        painter.setBrush(QColor(tokens.ground if fate in ("reused", "") else tokens.field))
        shift = _STACK * self.scale * depth
        painter.drawRoundedRect(self.front().translated(shift, -shift), 6, 6)

    def _paint_words(self, painter: QPainter) -> None:
        tokens, inside = self._look.scheme.tokens, self.front().adjusted(8, 5, -8, -5)
        bold = QFont(self.font())
        bold.setBold(True)
        small = QFont(self.font())
        for font, size in ((bold, 9.0), (small, 8.5)):
            font.setPointSizeF(size * self.scale)
        seeds = f"×{self.n_seeds}" if self.n_seeds > 1 else ""
        room = inside.width() - QFontMetricsF(bold).horizontalAdvance(f" {seeds}")
        painter.setFont(bold)
        painter.setPen(QColor(tokens.ink))
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        painter.drawText(inside, top, QFontMetricsF(bold).elidedText(self.title, Qt.TextElideMode.ElideMiddle, room))
        painter.setPen(QColor(tokens.muted))
        painter.drawText(inside, top | Qt.AlignmentFlag.AlignRight, seeds)
        painter.setFont(small)
        status = QFontMetricsF(small).elidedText(self.status, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, bottom, status)


class PlanGraph(QWidget):
    """Draws a plan.

    Signals:
        stage_chosen: method and name of a stage that was clicked; both empty for the base model.
    """

    stage_chosen = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._links: list[Link] = []
        self._base: StageBox | None = None
        self.boxes: list[StageBox] = []
        self._zoom = _ZOOMS.index(1.0)
        self._room = 0
        look.changed.connect(self._on_look_changed)
        self.setAccessibleName("Plan")

    def show_plan(self, runs: Sequence[api.PlannedRun], base_model: str) -> None:
        """Draws these runs; the boxes are made anew."""
        for box in self._all():
            box.setParent(None)
            box.deleteLater()
        stages, self._links = lay_out(runs)
        self._base = StageBox(self, self._look, base_model, "base model") if stages else None
        self.boxes = [StageBox(self, self._look, stage.title, stage.status, stage) for stage in stages]
        for box in self._all():
            box.clicked.connect(lambda _checked=False, chosen=box: self._choose(chosen))
            box.show()
        self._place()

    def zoom(self, steps: int) -> None:
        """Draws larger or smaller."""
        self._zoom = max(0, min(len(_ZOOMS) - 1, self._zoom + steps))
        self._place()

    def set_room(self, width: int) -> None:
        """Says how wide it may be; boxes become wider where there is room."""
        if width != self._room:
            self._room = width
            self._place()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._base is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_heads(painter)
        for link in self._links:
            source = self._base if link.source is None else self.boxes[link.source]
            self._paint_link(painter, source, self.boxes[link.target], scores=link.scores)

    def _on_look_changed(self, _scheme: Scheme) -> None:
        self.update()

    def _all(self) -> list[StageBox]:
        return ([self._base] if self._base else []) + self.boxes

    def _choose(self, box: StageBox) -> None:
        self.stage_chosen.emit(box.stage.method if box.stage else "", box.stage.name if box.stage else "")

    def _place(self) -> None:
        scale, stretch = _ZOOMS[self._zoom], self._stretch()
        far = QRect()
        for box in self._all():
            box.scale, box.stretch = scale, stretch
            x, y = (
                _left(box.column, stretch),
                (box.stage.row if box.stage else 0) * (_HEIGHT + _GAP_Y) + _MARGIN + _HEAD_HEIGHT,
            )
            box.setGeometry(QRect(round(x * scale), round(y * scale), box.sizeHint().width(), box.sizeHint().height()))
            far = far.united(box.geometry())
        self.setFixedSize(far.right() + _MARGIN, far.bottom() + _MARGIN + _GAP_Y)
        self.update()

    def _stretch(self) -> float:
        n = self._n_columns()
        gaps = 2 * _MARGIN + (n - 1) * _GAP_X
        return max(1.0, min(_WIDEST, (self._room / _ZOOMS[self._zoom] - gaps - _MARGIN) / sum(_WIDTHS[:n])))

    def _n_columns(self) -> int:
        return max([3, *(box.column + 1 for box in self.boxes)])

    def _paint_heads(self, painter: QPainter) -> None:
        scale = _ZOOMS[self._zoom]
        font = QFont(self.font())
        font.setPointSizeF(8.5 * scale)
        painter.setFont(font)
        painter.setPen(QColor(self._look.scheme.tokens.muted))
        for column, head in enumerate(_HEADS[: self._n_columns()]):
            painter.drawText(QPointF(_left(column, self._stretch()) * scale, 16 * scale), head)

    def _paint_link(self, painter: QPainter, source: StageBox, target: StageBox, *, scores: bool) -> None:
        tokens = self._look.scheme.tokens
        style = Qt.PenStyle.DashLine if scores else Qt.PenStyle.SolidLine
        ours, theirs = _placed(source), _placed(target)
        path = QPainterPath()
        if source.x() == target.x():  # both are shared: straight down
            start, end = QPointF(ours.left() + 20, ours.bottom()), QPointF(theirs.left() + 20, float(target.y()))
            path.moveTo(start)
            path.lineTo(end)
        else:
            start, end = QPointF(ours.right(), ours.center().y()), QPointF(theirs.left(), theirs.center().y())
            path.moveTo(start)
            # Above all boxes after it.
            into_gap = QPointF(min(end.x(), start.x() + _GAP_X * _ZOOMS[self._zoom]), end.y())
            middle = start.x() + (into_gap.x() - start.x()) / 2
            path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), into_gap)
            path.lineTo(end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.muted), 1.2, style))
        painter.drawPath(path)
        _paint_head(painter, end, tokens.muted, down=source.x() == target.x())


def _left(column: int, stretch: float) -> float:
    return sum(_WIDTHS[:column]) * stretch + column * _GAP_X + _MARGIN


def _placed(box: StageBox) -> QRectF:
    return box.front().translated(QPointF(box.pos()))


def _paint_head(painter: QPainter, tip: QPointF, colour: str, *, down: bool) -> None:
    wings = ((-3.5, -6.0), (3.5, -6.0)) if down else ((-6.0, -3.5), (-6.0, 3.5))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon(QPolygonF([tip, *(tip + QPointF(x, y) for x, y in wings)]))
