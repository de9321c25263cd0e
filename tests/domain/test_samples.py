from workbench.domain.samples import GOLD, PROXY, score_column


def test_a_further_judges_column_is_never_taken_for_another():
    assert score_column("length") == "score:length"
    assert score_column("gold") != GOLD
    assert score_column("proxy") != PROXY
