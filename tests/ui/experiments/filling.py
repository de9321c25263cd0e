"""What a person does in the form of a new experiment."""

from workbench.ui.experiments.pickers import JudgesPicker, NamePicker


def line_of(field):
    """Returns what is typed into: pickers hold a line."""
    editor = field.editor
    return editor.line if isinstance(editor, NamePicker | JudgesPicker) else editor


def fill(qtbot, form, **values):
    for name, text in values.items():
        qtbot.keyClicks(line_of(form.settings.general.fields[name]), text)


def fill_small(qtbot, form):
    fill(qtbot, form, name="betas", model="models/small", dataset="stories")


def dpo_arm(form):
    return next(arm for arm in form.settings.arms if arm.method == "dpo")


def choose(menu, *words):
    """Clicks through a menu and its sub-menus."""
    menu.aboutToShow.emit()
    for word in words[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == word)
    next(action for action in menu.actions() if action.text().startswith(words[-1])).trigger()
