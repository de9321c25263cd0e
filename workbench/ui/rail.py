"""The rail at the window's left: the project, the pages, and how busy the machine is."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from workbench import api
from workbench.ui.page import PageSpec
from workbench.ui.theme import CHOICES, Choice
from workbench.ui.widgets.controls import button, label, set_role

_WIDTH = 168
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
        self.setFixedWidth(_WIDTH)
        self._pages = pages
        self._name = label("Preference Workbench", "project", wraps=True)
        self._contents = label("", "muted", wraps=True)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {spec.key: self._button(spec) for spec in pages}
        self._close = button("Close project", self.close_wanted.emit, role="link", tip="Its runs go on (Ctrl+W)")
        self._close.hide()
        self._theme = button("", self._ask_theme, role="link", tip="System, light or dark")
        self._choice = CHOICES[0]
        self._machine = MachinePanel()
        self._place()

    def show_theme(self, choice: Choice) -> None:
        """Says which theme was chosen."""
        self._choice = choice
        self._theme.setText(f"Theme: {choice}")

    def show_project(self, name: str, contents: str) -> None:
        """Names the open project, or the program where none is."""
        self._name.setText(name or "Preference Workbench")
        self._name.setToolTip(name)
        self._contents.setText(contents)
        self._close.setVisible(bool(name))

    def offer(self, keys: Sequence[str]) -> None:
        """Shows the pages with these keys, numbered as their shortcuts are."""
        for spec in self._pages:
            made = self._buttons[spec.key]
            made.setVisible(spec.key in keys)
            number = keys.index(spec.key) + 1 if spec.key in keys else 0
            made.setToolTip(f"{spec.tip} (Ctrl+{number})" if number else spec.tip)

    def mark(self, key: str) -> None:
        """Marks the page that is in sight."""
        self._buttons[key].setChecked(True)

    def show_machine(self, load: api.MachineLoad) -> None:
        """Shows how busy the machine is."""
        self._machine.show_load(load)

    def _button(self, spec: PageSpec) -> QPushButton:
        made = QPushButton(spec.title)
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
        for made in self._buttons.values():
            layout.addWidget(made)
        layout.addStretch(1)
        layout.addWidget(self._close)
        layout.addWidget(self._theme)
        layout.addSpacing(6)
        layout.addWidget(self._machine)


class MachinePanel(QWidget):
    """Processor, memory and graphics cards as bars with their figures in words."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Machine")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(2, 0, 2, 0)
        self._layout.setSpacing(4)
        self._rows: dict[str, tuple[QLabel, QProgressBar]] = {}

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
            self._layout.addWidget(text)
            self._layout.addWidget(bar)
            self._rows[key] = (text, bar)
        text, bar = self._rows[key]
        text.setText(words)
        text.setToolTip(tip)
        bar.setAccessibleName(words)
        bar.setValue(round(1000 * value / most) if most else 0)


def _of(used_mib: float, total_mib: float) -> str:
    return f"{used_mib / _GIB:.1f} / {total_mib / _GIB:.0f} GB"
