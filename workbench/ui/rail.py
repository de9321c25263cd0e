"""The rail at the window's left: the project, the pages, and how busy the machine is."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QLabel,
    QProgressBar,
    QPushButton,
    QStyle,
    QStyleOption,
    QStylePainter,
    QVBoxLayout,
)

from workbench import api
from workbench.domain.preferences import ThemeChoice
from workbench.ui.page import PageSpec
from workbench.ui.theme import CHOICES
from workbench.ui.widgets.controls import button, label, set_role, tip_words

_WIDTH = 29  # average letters: the widest is `Memory 999.9 / 999 GB`
_MACHINE = "machine"  # its page is reached by the figures at the foot
_GIB = 1024


class Rail(QFrame):
    """Offers the pages that can be shown now.

    Signals:
        page_chosen: the key of the page that was clicked.
        close_wanted: the project is to be closed.
        theme_wanted: system, light or dark.
    """

    page_chosen = Signal(str)
    close_wanted = Signal()
    theme_wanted = Signal(str)

    def __init__(self, pages: Sequence[PageSpec]) -> None:
        super().__init__()
        set_role(self, "rail")
        self._pages = pages
        self._name = label("Preference Workbench", "project", wraps=True)
        self._contents = label("", "muted", wraps=True)
        self._group = QButtonGroup(self)
        self._machine = MachineButton()
        self._buttons: dict[str, QAbstractButton] = {spec.key: self._button(spec) for spec in pages}
        self._close = button("Close project", self.close_wanted.emit, role="link", tip="Its runs go on (Ctrl+W)")
        self._close.hide()
        self._theme = button("", self._ask_theme, role="link", tip="System, light or dark")
        self._choice = CHOICES[0]
        self._place()
        self._fit()

    def show_theme(self, choice: ThemeChoice) -> None:
        """Says which theme was chosen."""
        self._choice = choice
        self._theme.setText(f"Theme: {choice}")

    def show_project(self, name: str, contents: str) -> None:
        """Names the open project, or the program where none is."""
        self._name.setText(name or "Preference Workbench")
        self._name.setToolTip(tip_words(name))
        self._contents.setText(contents)
        self._close.setVisible(bool(name))

    def offer(self, keys: Sequence[str]) -> None:
        """Shows the pages with these keys."""
        for key, made in self._buttons.items():
            made.setVisible(key in keys)

    def show_keys(self, key: str, shortcut: str) -> None:
        """Says in a page's tooltip by which shortcut it is reached."""
        tip = self._buttons[key].accessibleDescription()
        self._buttons[key].setToolTip(f"{tip} ({shortcut})" if shortcut else tip)

    def mark(self, key: str) -> None:
        """Marks the page that is in sight; where the focus is in the rail, it goes along."""
        had_focus = self.focusWidget() is not None and self.focusWidget().hasFocus()
        self._buttons[key].setChecked(True)
        if had_focus:
            self._buttons[key].setFocus(Qt.FocusReason.OtherFocusReason)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        """Is as wide as its text needs, whatever the size of that."""
        self.setFixedWidth(_WIDTH * self.fontMetrics().averageCharWidth())

    def show_machine(self, load: api.MachineLoad) -> None:
        """Shows how busy the machine is."""
        self._machine.show_load(load)

    def _button(self, spec: PageSpec) -> QAbstractButton:
        made = self._machine if spec.key == _MACHINE else QPushButton(spec.title)
        set_role(made, "rail")
        made.setCheckable(True)
        made.setAccessibleDescription(spec.tip)
        made.clicked.connect(lambda _checked=False: self.page_chosen.emit(spec.key))
        self._group.addButton(made)
        return made

    def _ask_theme(self) -> None:
        self.theme_wanted.emit(CHOICES[(CHOICES.index(self._choice) + 1) % len(CHOICES)])

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 14, 10, 12)
        layout.setSpacing(3)
        layout.addWidget(self._name)
        layout.addWidget(self._contents)
        layout.addSpacing(12)
        at_foot = [spec.key for spec in self._pages if spec.keys and spec.key != _MACHINE]
        for key, made in self._buttons.items():
            if key not in at_foot and made is not self._machine:
                layout.addWidget(made)
        layout.addStretch(1)
        layout.addWidget(self._close)
        layout.addWidget(self._theme)
        for key in at_foot:
            layout.addWidget(self._buttons[key])
        layout.addSpacing(6)
        layout.addWidget(self._machine)


class MachineButton(QAbstractButton):
    """Processor, memory and graphics cards as bars with their figures in words; a click shows more."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Machine")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(8, 6, 8, 8)
        self._layout.setSpacing(4)
        self._rows: dict[str, tuple[QLabel, QProgressBar]] = {}

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOption()
        option.initFrom(self)
        if self.isChecked():
            option.state |= QStyle.StateFlag.State_On
        QStylePainter(self).drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option)

    def show_load(self, load: api.MachineLoad) -> None:
        """Shows one look at the machine."""
        for i, gpu in enumerate(load.gpus):
            self._show(
                f"gpu{i}", f"GPU {i} {_of(gpu.used_mib, gpu.memory_mib)}", gpu.used_mib, gpu.memory_mib, gpu.name
            )
        cores = f"{load.cores} cores"
        self._show("cpu", f"CPU {load.cpu_percent:.0f} % of {cores}", load.cpu_percent, 100, "All processors together")
        self._show("memory", f"Memory {_of(load.used_mib, load.memory_mib)}", load.used_mib, load.memory_mib, "In use")

    def _show(self, key: str, words: str, value: float, most: float, tip: str) -> None:
        if key not in self._rows:
            text, bar = label("", "muted"), QProgressBar()
            bar.setRange(0, 1000)
            bar.setTextVisible(False)
            for part in (text, bar):
                part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                self._layout.addWidget(part)
            self._rows[key] = (text, bar)
        text, bar = self._rows[key]
        text.setText(words)
        text.setToolTip(tip)
        bar.setAccessibleName(words)
        bar.setValue(round(1000 * value / most) if most else 0)


def _of(used_mib: float, total_mib: float) -> str:
    return f"{used_mib / _GIB:.1f} / {total_mib / _GIB:.0f} GB"
