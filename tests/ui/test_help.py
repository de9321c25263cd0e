from PySide6.QtWidgets import QDialog, QTextBrowser


def _action(window, words):
    return next(action for action in window.actions() if action.text() == words)


def _text(window, title):
    found = [one for one in window.findChildren(QDialog) if one.windowTitle() == title and one.isVisible()]
    return found[0].findChild(QTextBrowser).toPlainText() if found else ""


def _close(qtbot, window):
    """Closes what Help opened."""
    for opened in window.findChildren(QDialog):
        with qtbot.waitSignal(opened.destroyed, timeout=20_000):
            opened.close()


def test_about_says_the_versions_and_where_the_logs_are(qtbot, window):
    _action(window, "About Preference Workbench").trigger()
    qtbot.waitUntil(lambda: "PySide6-Essentials" in _text(window, "About Preference Workbench"), timeout=20_000)
    text = _text(window, "About Preference Workbench")
    assert "Apache-2.0" in text
    assert "Logs: /" in text
    _close(qtbot, window)


def test_the_documentation_opens_beside_the_window(qtbot, window):
    _action(window, "Documentation").trigger()
    qtbot.waitUntil(lambda: "workbench" in _text(window, "Documentation").lower(), timeout=20_000)
    _close(qtbot, window)


def test_the_shortcuts_are_shown_where_they_can_be_changed(window):
    _action(window, "Keyboard shortcuts").trigger()
    assert window.page_key == "settings"
