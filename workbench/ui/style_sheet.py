"""The one style sheet, written from the tokens. Widgets are named by a `role` property, never by their class alone."""

from string import Template

from workbench.ui.tokens import Tokens

_SIZES = (13, 14, 15, 19)  # in points, where a role's text is larger than the rest
_SHEET = Template("""
QWidget#ground, QScrollArea#ground, QScrollArea#ground > QWidget > QWidget { background: $ground; }
QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QToolTip { color: $ink; background: $card; border: 1px solid $border; padding: 4px; }

QMenuBar { background: $rail; color: $ink; border-bottom: 1px solid $border; padding: 1px 6px; }
QMenuBar::item { background: transparent; padding: 4px 9px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $card; color: $ink; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 5px 22px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $tint; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }

QFrame[role="rail"] { background: $rail; border: none; border-right: 1px solid $border; }
QFrame[role="card"] { background: $card; border: 1px solid $border; border-radius: 8px; }
QFrame[role="palette"] { background: $card; border: 1px solid $accent; border-radius: 10px; }
QFrame[role="toast"] { background: $card; border: 1px solid $border; border-left: 4px solid $accent; border-radius: 8px; }
QFrame[role="toast"][tone="good"] { border-left-color: $good; }
QFrame[role="toast"][tone="bad"] { border-left-color: $bad; }
QLabel[role="read-out"] { background: $card; border: 1px solid $border; border-radius: 6px; padding: 5px 7px; }
QLabel[role="preview"] { background: $ground; border: 1px solid $border; border-radius: 6px; padding: 6px; }
QFrame[role="banner"] { background: $bad_ground; border: 1px solid $bad; border-radius: 8px; }
QFrame[role="notice"] { background: $warn_ground; border: 1px solid $warn; border-radius: 8px; }

QLabel { background: transparent; }
QLabel[role="page-title"] { font-size: ${pt15}pt; font-weight: 600; }
QLabel[role="project"] { font-size: ${pt13}pt; font-weight: 600; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="figure"] { font-size: ${pt19}pt; font-weight: 600; }
QLabel[role="empty-title"] { font-size: ${pt14}pt; font-weight: 600; }
QLabel[tone="good"] { color: $good; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="bad"] { color: $bad; }

QPushButton { background: $card; color: $ink; border: 1px solid $border; border-radius: 6px; padding: 5px 12px; }
QPushButton:hover { background: $ground; border-color: $muted; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $muted; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[role="primary"]:focus { border: 1px solid $ink; }
QPushButton[role="primary"]:disabled { background: $border; color: $muted; border-color: $border; }
QPushButton[role="rail"] { background: transparent; border: 1px solid transparent; text-align: left; padding: 7px 12px; }
MachineButton[role="rail"] { background: transparent; border: 1px solid transparent; border-radius: 6px; }
QPushButton[role="rail"]:hover, MachineButton[role="rail"]:hover { background: $hover; }
QPushButton[role="rail"]:checked, MachineButton[role="rail"]:checked { background: $tint; color: $accent; font-weight: 600; }
QPushButton[role="rail"]:focus, MachineButton[role="rail"]:focus { border-color: $accent; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 3px 4px;
    text-align: left; }
QFrame[role="rail"] QPushButton[role="link"] { padding: 4px 12px; }
QPushButton[role="link"]::menu-indicator { image: none; width: 0; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border-color: $accent; }
QPushButton[role="name"] { background: transparent; border: 1px solid transparent; color: $ink; padding: 1px 0;
    text-align: left; }
QPushButton[role="name"]:hover { color: $accent; text-decoration: underline; }
QPushButton[role="name"]:focus { border-color: $accent; }
QPushButton[role="pick"] { background: transparent; padding: 2px 7px; }
QPushButton[role="pick"]:checked { background: $tint; border-color: $accent; color: $accent; }
QPushButton[role="row"] { background: transparent; border: 1px solid transparent; text-align: left; padding: 8px 10px; }
QPushButton[role="row"]:hover { background: $hover; }
QPushButton[role="row"]:focus { border-color: $accent; }

QLineEdit, QPlainTextEdit, QTextEdit { background: $field; border: 1px solid $border; border-radius: 6px; padding: 4px 8px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit { placeholder-text-color: $muted; }
QLineEdit:focus, QPlainTextEdit:focus { border-color: $accent; }
QTextEdit[role="flow"] { background: transparent; border: none; padding: 0; }

QComboBox, QAbstractSpinBox { background: $field; color: $ink; border: 1px solid $border; border-radius: 6px;
    padding: 3px 8px; min-height: 18px; }
QComboBox { padding-right: 22px; }
QComboBox:hover, QAbstractSpinBox:hover { border-color: $muted; }
QComboBox:focus, QAbstractSpinBox:focus { border-color: $accent; }
QLineEdit[tone="bad"] { border-color: $bad; }
QComboBox:disabled, QAbstractSpinBox:disabled, QLineEdit:disabled { color: $muted; background: $ground; }
QComboBox::drop-down { subcontrol-origin: padding; subcontrol-position: center right; width: 20px; border: none; }
QComboBox::down-arrow { image: url($glyphs/down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $card; color: $ink; border: 1px solid $border; padding: 3px;
    selection-background-color: $tint; selection-color: $ink; }
QAbstractSpinBox { padding: 2px 20px 1px 7px; }
QAbstractSpinBox > QLineEdit { background: transparent; border: none; border-radius: 0; padding: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: 20px; border: none;
    background: transparent; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 1px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 1px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; border-radius: 3px; }
QAbstractSpinBox::up-arrow { image: url($glyphs/up.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($glyphs/down.svg); width: 10px; height: 10px; }

QCheckBox, QRadioButton { spacing: 7px; background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 2px; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $muted; }
QCheckBox::indicator, QGroupBox::indicator, QAbstractItemView::indicator { width: 14px; height: 14px; background: $field;
    border: 1px solid $muted; border-radius: 4px; }
QRadioButton::indicator { width: 14px; height: 14px; background: $field; border: 1px solid $muted; border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QGroupBox::indicator:checked, QAbstractItemView::indicator:checked { background: $accent;
    border-color: $accent; image: url($glyphs/check.svg); }
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate { background: $accent;
    border-color: $accent; image: url($glyphs/dash.svg); }
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: url($glyphs/dot.svg); }
QCheckBox::indicator:disabled { background: $border; border-color: $border; }

QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $card;
    border: 1px solid $muted; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { border: 2px solid $accent; }

QListView, QTreeView, QTableView { background: $card; border: none; outline: none; gridline-color: $border; }
QComboBox QAbstractItemView { border: 1px solid $border; }
QListView::item, QTreeView::item { padding: 3px; border-radius: 4px; }
QTableView::item { padding: 1px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected { background: $tint; color: $ink; }
QTreeView, QTableView { selection-background-color: $tint; selection-color: $ink; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; color: $muted; border: none; border-bottom: 1px solid $border; padding: 3px; }
QTableCornerButton::section { background: transparent; border: none; }

QToolButton { background: $card; color: $ink; border: 1px solid $border; border-radius: 6px; padding: 5px 9px; }
QToolButton[popupMode="2"] { padding-right: 22px; }
QToolButton:hover { background: $ground; border-color: $muted; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:disabled { color: $muted; background: transparent; }
QToolButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QToolButton::menu-indicator, QPushButton::menu-indicator { image: url($glyphs/down.svg); width: 10px; height: 10px;
    subcontrol-origin: padding; subcontrol-position: center right; right: 6px; }
QToolButton[role="primary"]::menu-indicator, QPushButton[role="primary"]::menu-indicator { image: url($glyphs/menu.svg); }
QToolButton[role="primary"]:focus { border: 1px solid $ink; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
    padding: 6px 9px; }
QTabBar::tab:hover { color: $ink; }
QTabBar::tab:selected { color: $accent; border-bottom: 2px solid $accent; }

QTabBar::scroller { width: 22px; }
QTabBar QToolButton { padding: 0; border-radius: 4px; }
QTabBar QToolButton::left-arrow { image: url($glyphs/left.svg); width: 12px; height: 12px; }
QTabBar QToolButton::right-arrow { image: url($glyphs/right.svg); width: 12px; height: 12px; }

QProgressBar { background: $border; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSplitter::handle { background: transparent; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 1px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def style_sheet(tokens: Tokens, scale: float, glyphs: str) -> str:
    """Returns the style sheet.

    Args:
        tokens: its colours.
        scale: of all text.
        glyphs: the folder of its images.
    """
    sizes = {f"pt{size}": f"{size * scale:.1f}" for size in _SIZES}
    return _SHEET.substitute(vars(tokens), glyphs=glyphs, **sizes)
