import pytest

from workbench.domain.figures import FigureStyle


@pytest.mark.parametrize(
    ("width", "n_panels", "across"), [(300, 3, 3), (300, 4, 2), (300, 5, 3), (85, 3, 1), (170, 3, 2), (300, 1, 1)]
)
def test_panels_stand_side_by_side_while_each_has_room(width, n_panels, across):
    assert FigureStyle(width=width).across(n_panels) == across


def test_height_follows_the_panels_unless_it_is_given():
    assert FigureStyle(width=254, dpi=100).pixels(2)[0] == 1000
    one, two = (FigureStyle(width=85).inches(n)[1] for n in (1, 2))
    assert two == 2 * one
    assert FigureStyle(height=254, dpi=100).pixels(3)[1] == 1000
