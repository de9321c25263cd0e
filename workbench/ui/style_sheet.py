"""The one style sheet, written from the tokens. Widgets are named by a `role` property, never by their class alone."""

from string import Template

from workbench.ui.tokens import Tokens

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
QLabel[role="page-title"] { font-size: 15pt; font-weight: 600; }
QLabel[role="project"] { font-size: 13pt; font-weight: 600; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="figure"] { font-size: 19pt; font-weight: 600; }
QLabel[role="empty-title"] { font-size: 14pt; font-weight: 600; }
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
QPushButton[role="rail"]:hover { background: $hover; }
QPushButton[role="rail"]:checked { background: $tint; color: $accent; font-weight: 600; }
QPushButton[role="rail"]:focus { border-color: $accent; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 3px 4px;
    text-align: left; }
QPushButton[role="link"]::menu-indicator { image: none; width: 0; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border-color: $accent; }
QPushButton[role="pick"] { background: transparent; padding: 2px 7px; }
QPushButton[role="pick"]:checked { background: $tint; border-color: $accent; color: $accent; }
QPushButton[role="row"] { background: transparent; border: 1px solid transparent; text-align: left; padding: 8px 10px; }
QPushButton[role="row"]:hover { background: $hover; }
QPushButton[role="row"]:focus { border-color: $accent; }

QLineEdit, QPlainTextEdit, QTextEdit { background: $field; border: 1px solid $border; border-radius: 6px; padding: 4px 8px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QPlainTextEdit:focus { border-color: $accent; }

QTextEdit[role="flow"] { background: transparent; border: none; padding: 0; }

QListView, QTreeView, QTableView { background: $card; border: none; outline: none; gridline-color: $border; }
QComboBox QAbstractItemView { border: 1px solid $border; }
QListView::item, QTreeView::item { padding: 3px; border-radius: 4px; }
QTableView::item { padding: 1px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected { background: $tint; color: $ink; }
QTreeView { selection-background-color: $tint; }
QListView::indicator, QTreeView::indicator, QCheckBox::indicator { width: 12px; height: 12px; background: $field;
    border: 1px solid $muted; border-radius: 3px; }
QListView::indicator:checked, QTreeView::indicator:checked, QCheckBox::indicator:checked { background: $accent;
    border-color: $accent; }
QTreeView::indicator:indeterminate { background: $tint; border-color: $accent; }
QCheckBox::indicator:focus { border-color: $accent; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; color: $muted; border: none; border-bottom: 1px solid $border; padding: 3px; }
QTableCornerButton::section { background: transparent; border: none; }

QToolButton { background: $card; color: $ink; border: 1px solid $border; border-radius: 6px; padding: 5px 10px; }
QToolButton:hover { background: $ground; border-color: $muted; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:disabled { color: $muted; background: transparent; }
QToolButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QToolButton[role="primary"]:focus { border: 1px solid $ink; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
    padding: 6px 9px; }
QTabBar::tab:hover { color: $ink; }
QTabBar::tab:selected { color: $accent; border-bottom: 2px solid $accent; }

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


def style_sheet(tokens: Tokens) -> str:
    """Returns the style sheet in these colours."""
    return _SHEET.substitute(vars(tokens))
