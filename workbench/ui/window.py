"""The frame of everything: the rail, the page in sight, what went wrong, what was done, the command palette."""

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.help_windows import show_about, show_documentation
from workbench.ui.menus import add_living_menu, add_menu, recent_menu
from workbench.ui.news import news
from workbench.ui.opening import ask_for_project, dropped_files, dropped_project, open_folder
from workbench.ui.page import Page, PageSpec
from workbench.ui.pages import PAGES
from workbench.ui.palette import CommandPalette
from workbench.ui.rail import Rail
from workbench.ui.session import Session
from workbench.ui.shortcuts import EVERYWHERE
from workbench.ui.theme import CHOICES, Look
from workbench.ui.wardrobe import Wardrobe
from workbench.ui.widgets.banner import ErrorBanner
from workbench.ui.widgets.controls import counted
from workbench.ui.widgets.toast import Toast, ToastArea

_SIZE = (1440, 900)
_GOING = {RunState.RUNNING, RunState.STOPPING, RunState.QUEUED, RunState.WAITING}
_LEFT_GOING = "runs/left-going"
_SETTINGS = "settings"
_BREATH_MS = 100  # between two pages that are made ahead, for what the person does meanwhile
_LOAD_AHEAD_MS = 200  # after the window was painted


class MainWindow(QMainWindow):
    """Shows one page at a time, those of the open project or the start page.

    Signals:
        loaded: the modules of all pages are there.
    """

    loaded = Signal()

    def __init__(self, session: Session, look: Look, pages: Sequence[PageSpec] = PAGES) -> None:
        super().__init__()
        self._session = session
        self._look = look
        self._specs = {spec.key: spec for spec in pages}
        self._built: dict[str, Page] = {}
        self._key = ""
        self._view: api.ProjectView | None = None
        self._deed_toast: Toast | None = None
        self._build(pages)
        self._build_actions()
        self._connect()
        self._restore()
        self._offer_pages()
        self._show_history()
        self.rail.show_theme(look.choice)

    @property
    def page(self) -> Page:
        """The page in sight."""
        return self._built[self._key]

    @property
    def page_key(self) -> str:
        """The key of the page in sight."""
        return self._key

    def show_page(self, key: str) -> None:
        """Brings a page into sight; one that cannot be shown now is passed over."""
        if key not in self._offered():
            return
        if key not in self._built:
            self._add_page(key)
        self._key = key
        self._wardrobe.dress(self.page)
        self._stack.setCurrentWidget(self.page)
        self.rail.mark(key)
        self._adopt_commands(key)
        if self._specs[key].is_of_project:
            self._session.settings.setValue("window/page", key)
        self.page.arrive()
        if key == _SETTINGS:
            QTimer.singleShot(0, self, self._make_next_page)

    def _begin_at(self, key: str) -> None:
        self.show_page(key)
        if self._key == key:
            self.page.begin()

    def _show_thing(self, key: str, what: str) -> None:
        self.show_page(key)
        if self._key == key:
            self.page.go_to(what)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        paths = dropped_files(event.mimeData())
        if (folder := dropped_project(paths)) is not None:
            self._session.open(folder)
        elif self._session.project is not None:
            self._show_thing("data", "\n".join(paths))
        else:
            self._session.tell("Data goes into a project: make or open one, then drop the file again.")

    def closeEvent(self, event: QCloseEvent) -> None:
        self._session.settings.setValue("window/geometry", self.saveGeometry())
        if self._view is not None and self._session.project is not None:
            self._session.keep(_LEFT_GOING, _n_going(self._view))
        self._session.stop()
        super().closeEvent(event)

    def _build(self, pages: Sequence[PageSpec]) -> None:
        self.setWindowTitle("Preference Workbench")
        self.setAcceptDrops(True)  # data and projects, wherever they fall
        self.setMinimumSize(960, 500)  # of a screen of 1920 x 1080 at twice the size half is left
        self.rail = Rail(pages)
        self.banner = ErrorBanner()
        self._stack = QStackedWidget()
        ground = QWidget()
        beside = QVBoxLayout()
        beside.setContentsMargins(18, 14, 18, 14)
        beside.setSpacing(10)
        beside.addWidget(self.banner)
        beside.addWidget(self._stack, 1)
        layout = QHBoxLayout(ground)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addLayout(beside, 1)
        self.setCentralWidget(ground)
        self.toasts = ToastArea(ground)
        self.palette_box = CommandPalette(ground)
        self._wardrobe = Wardrobe(self._look, self)
        self._wardrobe.add(self.menuBar(), self.rail, self.banner, self.toasts, self.palette_box)

    def _build_actions(self) -> None:
        session = self._session
        self._page_actions = [
            self._action("", f"Ctrl+{number}", lambda n=number: self._show_numbered(n), f"page-{number}")
            for number in range(1, 10)
        ]
        always = [
            self._action(spec.title, spec.keys, lambda key=key: self.show_page(key))
            for key, spec in self._specs.items()
            if spec.keys
        ]
        new = self._action("New project…", "Ctrl+Shift+N", self._begin_project)
        choose = self._action("Open project…", "Ctrl+O", lambda: ask_for_project(self.menuBar(), session.open))
        sample = self._action("Open the sample project", "", session.open_sample)
        self._close_action = self._action("Close project", "Ctrl+W", session.close)
        leave = self._action("Quit", "Ctrl+Q", self.close)
        self._undo_action = self._action("Undo", "Ctrl+Z", session.history.undo)
        self._redo_action = self._action("Redo", "Ctrl+Shift+Z", session.history.redo)
        themes = [self._action(f"Theme: {choice}", "", lambda c=choice: self._choose_theme(c)) for choice in CHOICES]
        commands = self._action("Commands…", "Ctrl+K", self._open_palette)
        log = self._action("Show the window's log", "", lambda: open_folder(api.log_folder()))
        keys = self._action("Keyboard shortcuts", "", lambda: self._show_thing(_SETTINGS, "shortcuts"))
        manual = self._action("Documentation", "F1", self._show_documentation)
        about = self._action("About Preference Workbench", "", self._show_about)
        bar = self.menuBar()
        add_menu(bar, "&File", [new, choose, recent_menu(session, bar), sample], [self._close_action], [leave])
        add_menu(bar, "&Edit", [self._undo_action, self._redo_action])
        add_living_menu(bar, "&Page", self._page_commands, "This page has no commands of its own")
        add_menu(bar, "&View", self._page_actions, always, themes, [commands])
        add_menu(bar, "&Help", [manual, keys], [log], [about])
        session.shortcuts.adopt(EVERYWHERE, "Everywhere", self, self.actions())

    def _action(self, text: str, keys: str, on_triggered, name: str = "") -> QAction:  # type: ignore[no-untyped-def]
        action = QAction(text, self, objectName=name)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _checked=False: on_triggered())
        self.addAction(action)
        return action

    def _connect(self) -> None:
        self.rail.page_chosen.connect(self.show_page)
        self.rail.close_wanted.connect(self._session.close)
        self.rail.theme_wanted.connect(self._choose_theme)
        self._session.project_opened.connect(self._on_project_opened)
        self._session.project_closed.connect(self._on_project_closed)
        self._session.project_changed.connect(self._on_project_changed)
        self._session.failed.connect(self.banner.show_error)
        self._session.recovered.connect(self.banner.hide)
        self._session.told.connect(self.toasts.show_toast)
        self._session.history.told.connect(self._on_deed)
        self._session.history.changed.connect(self._show_history)
        self._session.preferences.changed.connect(self._on_preferences)
        self._session.shortcuts.changed.connect(self._show_keys)
        self._session.machine.looked.connect(self.rail.show_machine)
        self._session.machine.start()
        QTimer.singleShot(_LOAD_AHEAD_MS, self, self._load_ahead)

    def _restore(self) -> None:
        stored = self._session.settings.value("window/geometry")
        if not (isinstance(stored, QByteArray) and self.restoreGeometry(stored)):
            self.resize(QSize(*_SIZE).boundedTo(self.screen().availableSize()))

    def _offered(self) -> list[str]:
        is_open = self._session.project is not None
        return [key for key, spec in self._specs.items() if spec.is_offered(is_open)]

    def _numbered(self) -> list[str]:
        """The pages that the numbers 1 to 9 go to."""
        return [key for key in self._offered() if not self._specs[key].keys]

    def _offer_pages(self) -> None:
        offered, numbered = self._offered(), self._numbered()
        self.rail.offer(offered)
        self._show_keys()
        for number, action in enumerate(self._page_actions):
            key = numbered[number] if number < len(numbered) else ""
            action.setText(f"Go to {self._specs[key].title}" if key else "")
            action.setEnabled(bool(key))
            action.setVisible(bool(key))
        self._close_action.setEnabled(self._session.project is not None)
        last = str(self._session.settings.value("window/page", ""))
        self.show_page(last if last in offered else offered[0])

    def _show_numbered(self, number: int) -> None:
        numbered = self._numbered()
        if number <= len(numbered):
            self.show_page(numbered[number - 1])

    def _show_keys(self) -> None:
        """Says in the rail's tooltips how each page is reached by keys."""
        keys, shortcuts = self._numbered(), self._session.shortcuts
        for key, spec in self._specs.items():
            command = f"page-{keys.index(key) + 1}" if key in keys else spec.title.lower()
            self.rail.show_keys(key, shortcuts.keys(f"{EVERYWHERE}.{command}"))

    def _adopt_commands(self, key: str) -> None:
        self._session.shortcuts.adopt(key, self._specs[key].title, self._built[key], self._built[key].commands())

    def _add_page(self, key: str) -> None:
        page = self._specs[key].build(self._session, self._look)
        page.page_wanted.connect(self.show_page)
        page.new_wanted.connect(self._begin_at)
        page.thing_wanted.connect(self._show_thing)
        self._built[key] = page
        self._stack.addWidget(page)
        self._wardrobe.add(page)

    def _make_next_page(self) -> None:
        """Makes the pages one by one while the settings are in sight, which list the commands of all."""
        missing = [key for key in self._offered() if key not in self._built]
        if missing and self._key == _SETTINGS:
            self._add_page(missing[0])
            self._adopt_commands(missing[0])
            QTimer.singleShot(_BREATH_MS, self, self._make_next_page)

    def _forget_pages(self) -> None:
        """Pages belong to the project that was open when they were made."""
        for key in [key for key in self._built if self._specs[key].is_of_project]:
            page = self._built.pop(key)
            self._wardrobe.drop(page)
            self._stack.removeWidget(page)
            page.deleteLater()  # still a child of the stack: a page that is Python's own could be collected on any thread

    def _on_project_opened(self, project: api.Project) -> None:
        self.banner.hide()
        self.setWindowTitle(f"{project.folder.name} - Preference Workbench")
        self.rail.show_project(project.folder.name, "")
        self._offer_pages()

    def _on_project_closed(self) -> None:
        self._forget_pages()
        self.setWindowTitle("Preference Workbench")
        self.rail.show_project("", "")
        self._offer_pages()

    def _on_project_changed(self, view: api.ProjectView) -> None:
        for told in news(self._view, view):
            self.toasts.show_toast(told.sentence, told.tone, "Show", lambda told=told: self._show_thing(*told[2:]))
        self._view = view
        self._say_what_went_on(view)
        self.rail.show_project(
            view.name, f"{counted(len(view.datasets), 'dataset')} · {counted(len(view.runs), 'run')}"
        )
        self.setWindowTitle(f"{view.name} - Preference Workbench")

    def _say_what_went_on(self, view: api.ProjectView) -> None:
        """Says once that the runs went on which were going when the window was closed."""
        left = int(self._session.kept(_LEFT_GOING, 0))
        if left:
            self._session.keep(_LEFT_GOING, 0)
            still = f"{counted(n, 'run')} still to do" if (n := _n_going(view)) else "nothing is left to do"
            self._session.tell(f"The runs went on while the window was closed: {still}.")

    def _on_deed(self, sentence: str, can_undo: bool) -> None:
        if self._deed_toast is not None:
            self.toasts.dismiss(self._deed_toast)  # its Undo would take back something else now
        if not sentence:
            return
        undo = ("Undo", self._session.history.undo) if can_undo else ()
        self._deed_toast = self.toasts.show_toast(sentence, "plain", *undo)
        self._session.look()

    def _show_history(self) -> None:
        history = self._session.history
        for action, verb, words in (
            (self._undo_action, "Undo", history.undoable),
            (self._redo_action, "Redo", history.redoable),
        ):
            action.setText(f"{verb}: {words}" if words else verb)
            action.setEnabled(bool(words))

    def _choose_theme(self, choice: str) -> None:
        self._session.preferences.set("look.theme", choice)

    def _on_preferences(self, preferences: api.Preferences) -> None:
        self._look.apply(preferences.look)
        self.rail.show_theme(self._look.choice)

    def _begin_project(self) -> None:
        """Goes to the start page, where a new project is made."""
        self._session.close()
        self.page.begin()

    def _page_commands(self) -> Sequence[QAction]:
        return self.page.commands()

    def _open_palette(self) -> None:
        self.palette_box.offer([*self._page_commands(), *self.actions()])

    def _show_documentation(self) -> None:
        # A child of the bar, which wears the style sheet and stays when a project is closed.
        self._session.ask("window manual", api.documentation, lambda text: show_documentation(self.menuBar(), text))

    def _show_about(self) -> None:
        self._session.ask("window about", api.about, lambda found: show_about(self.menuBar(), found))

    def _load_ahead(self) -> None:
        """Has the pages' modules loaded on another thread, so that a first click does not wait for them."""
        specs = list(self._specs.values())
        self._session.tasks.start(
            "window load", lambda: [spec.load() for spec in specs], lambda _pages: self.loaded.emit()
        )


def _n_going(view: api.ProjectView) -> int:
    """Returns how many runs work or will."""
    return sum(run.state in _GOING for run in view.runs)
