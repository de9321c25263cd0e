"""The Compare page on runs that were evaluated on paper."""

import pytest


@pytest.fixture
def page(qtbot, window, open_project, evaluated):
    """The Compare page with its comparison on it."""
    open_project(evaluated)
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.is_settled, timeout=20000)
    return window.page
