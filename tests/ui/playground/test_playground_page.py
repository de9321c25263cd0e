"""The Playground page, driven as a person would; the models' process is a recorded one, and once the real one."""

import shutil
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from pretend_playground import COMMAND
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from workbench import api
from workbench.data.store import read_rows
from workbench.domain.pairs import Message, Row, plain
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe, RewardRecipe
from workbench.domain.records import CheckpointRecord, Inputs, Job, Outcome
from workbench.jobs.playground import Playground
from workbench.storage.files import write_record
from workbench.storage.project import Project

WAIT = {"timeout": 20000}
PROMPT = "Once upon a time, Tom had a dog."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A start model and an arm with two checkpoints, judged by vader and by a reward model."""
    made = api.create_project(tmp_path / "stories")
    base = made.folder / "models" / "base"
    base.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (base / name).write_text("{}")
    inputs = Inputs(model="./models/base")
    made.add_job(Job(id="ppo-s0", name="ppo", arm="PPO", method="dpo", recipe=DpoRecipe(), inputs=inputs))
    made.add_job(Job(id="reward-s0", name="reward", method="reward", recipe=RewardRecipe(), inputs=inputs))
    recipe = EvaluateRecipe(judges=("vader",))
    judged = Inputs(model="run:ppo-s0", reference="./models/base")
    made.add_job(Job(id="eval-s0", name="PPO", method="evaluate", recipe=recipe, inputs=judged))
    for run_id, steps in (("ppo-s0", (50, 100)), ("reward-s0", (10,))):
        made.run(run_id).write_outcome(Outcome(state="finished", step=steps[-1]))
        for step in steps:
            folder = made.run_folder(run_id) / "checkpoints" / f"checkpoint-{step}"
            folder.mkdir(parents=True)
            (folder / "model.safetensors").write_bytes(b"weights")
            files = {"model.safetensors": 7}
            write_record(folder / "checkpoint.json", CheckpointRecord(step=step, seconds=1.0, files=files))
    return made


@pytest.fixture
def page(qtbot, window, open_project, project, monkeypatch):
    """The page with its checkpoints on it."""
    monkeypatch.setattr(api, "start_playground", lambda project: Playground(project, COMMAND), raising=False)
    open_project(project)
    window.show_page("playground")
    qtbot.waitUntil(lambda: window.page.checkpoints.chosen() != [], **WAIT)
    return window.page


@pytest.fixture
def answered(qtbot, page):
    """The page after a question was answered."""
    ask(qtbot, page, PROMPT)
    qtbot.waitUntil(lambda: not page.is_busy, **WAIT)
    return page


def ask(qtbot, page, prompt: str) -> None:
    page.prompt.box.setFocus()
    page.prompt.box.selectAll()
    QTest.keyClicks(page.prompt.box, prompt)
    QTest.keyClick(page.prompt.box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.is_busy or bool(page.answers.cards), **WAIT)


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def kept(project: Project, name: str) -> list[Row]:
    return list(read_rows(project.dataset_folder(name)))


def playground_processes() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # killed, and gone while it was looked at
            if "playground" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_the_last_checkpoint_of_each_arm_and_all_judges_are_ticked_at_first(page):
    assert [choice.model.name for choice in page.checkpoints.chosen()] == ["./models/base", "run:ppo-s0@100"]
    assert [judge.name for judge in page.judge_card.chosen()] == ["vader", "reward:reward-s0"]


def test_answers_stand_side_by_side_with_gold_beside_proxy(answered):
    start, ppo = answered.answers.cards
    assert start.text.toPlainText().startswith("He liked to chase the dog")
    assert ppo.text.toPlainText().startswith("He loved to play with his friends.")
    assert [(s.role, round(s.value, 2)) for s in ppo.scores.values()] == [("gold", 0.96), ("proxy", 1.8)]
    assert (start.letter, ppo.letter) == ("A", "B")
    assert ppo.response.was_cut


def test_ticking_a_further_checkpoint_asks_it_too(qtbot, page):
    page.checkpoints.which_box.setCurrentIndex(page.checkpoints.which_box.findData("all"))
    page.checkpoints.which_box.activated.emit(2)
    assert len(page.checkpoints.chosen()) == 2
    arm = page.checkpoints.tree.topLevelItem(1)
    arm.child(0).setCheckState(0, Qt.CheckState.Checked)
    assert [choice.step for choice in page.checkpoints.chosen()] == [None, 50, 100]


def test_the_tick_of_a_last_checkpoint_moves_to_the_one_that_the_run_saves_next(page, look):
    offered = list(page.checkpoints._offered)
    last = next(choice for choice in offered if choice.step == 100)
    newer = last.model_copy(update={"step": 150, "model": last.model.model_copy(update={"name": "run:ppo-s0@150"})})
    older = [choice.model_copy(update={"is_last": choice.is_last and choice is not last}) for choice in offered]
    page.checkpoints.show_models([*older, newer], look.scheme)
    assert [choice.step for choice in page.checkpoints.chosen()] == [None, 150]


def test_without_a_prompt_or_a_tick_nothing_is_asked_and_the_page_says_why(page):
    click(page.ask_button)
    assert "Write a prompt" in page._status.text()
    page.prompt.box.setPlainText(PROMPT)
    for row in range(2):
        page.checkpoints.tree.topLevelItem(row).setCheckState(0, Qt.CheckState.Unchecked)
    click(page.ask_button)
    assert "Tick at least one" in page._status.text()
    assert page.answers.cards == []


def test_a_setting_out_of_bounds_is_a_sentence_and_asks_nothing(page, window):
    page.prompt.box.setPlainText(PROMPT)
    page.prompt.asking.editors["temperature"].setText("hot")
    click(page.ask_button)
    assert "`temperature` is 'hot'; expected a number" in window.banner.text()
    assert not page.is_busy


def test_token_rewards_colour_the_text_on_one_scale_and_each_token_says_its_value(qtbot, answered):
    assert answered.heat.box.isEnabled()
    assert not answered.heat.legend.isVisible()
    answered.heat.box.setCurrentIndex(1)
    answered.heat.box.activated.emit(1)
    assert answered.heat.legend.isVisible()
    assert "-2.5, orange, to +2.5, blue" in answered.heat.legend.accessibleName()
    text = answered.answers.cards[0].text
    assert text.toPlainText().startswith("He liked to chase")
    assert text.words_at(0) == "-0.22 at “ He”, token 1 of 24"
    assert text.words_at(len(text.toPlainText())).endswith("token 24 of 24: the score")
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_Right)
    assert "token 1 of 24" in answered.answers.cards[0]._facts.text()
    answered.heat.box.setCurrentIndex(0)
    answered.heat.box.activated.emit(0)
    assert text.words_at(0) == ""
    assert answered.answers.cards[0]._facts.text() == "24 tokens · cut at the limit"


def test_model_text_is_never_read_as_markup(answered):
    text = answered.answers.cards[0].text
    text.show_text("<b>bold</b>")
    assert text.toPlainText() == "<b>bold</b>"


def test_escape_stops_and_keeps_what_was_said(qtbot, page):
    ask(qtbot, page, "wait for it")
    qtbot.waitUntil(lambda: "Waiting" in page._status.text(), **WAIT)
    QTest.keyClick(page.prompt.box, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.is_busy, **WAIT)
    assert page._status.text() == "Stopped."
    assert not page.stop_button.isEnabled()


def test_a_second_question_replaces_one_that_is_being_answered(qtbot, page):
    ask(qtbot, page, "wait for it")
    qtbot.waitUntil(lambda: "Waiting" in page._status.text(), **WAIT)
    ask(qtbot, page, PROMPT)
    qtbot.waitUntil(lambda: not page.is_busy, **WAIT)
    assert "2 answers" in page._status.text()


def test_a_process_that_dies_is_one_sentence_and_the_next_question_is_answered(qtbot, page, window):
    ask(qtbot, page, "die")
    qtbot.waitUntil(lambda: not page.is_busy, **WAIT)
    assert "ended while it answered: RuntimeError: the graphics card fell out" in window.banner.text()
    assert "Ask again" in window.banner.text()
    ask(qtbot, page, PROMPT)
    qtbot.waitUntil(lambda: "2 answers" in page._status.text(), **WAIT)


def test_a_question_that_fails_says_why_and_what_helps(qtbot, page, window):
    ask(qtbot, page, "fail")
    qtbot.waitUntil(lambda: not page.is_busy, **WAIT)
    assert window.banner.text() == "No memory. Ask fewer."
    assert [card._facts.text() for card in page.answers.cards] == ["no answer", "no answer"]


def test_a_checkpoint_and_a_judge_that_cannot_be_used_are_said_and_the_others_stay(qtbot, page, window):
    ask(qtbot, page, "half")
    qtbot.waitUntil(lambda: not page.is_busy, **WAIT)
    broken, whole = page.answers.cards
    assert broken.text.toPlainText() == "./models/base is broken."
    assert not broken.better.isVisible()
    assert list(whole.scores) == ["reward:reward-s0"]
    assert "No score by vader: vader is broken." in window.toasts.sentences()


def test_asking_again_takes_the_next_seed(qtbot, answered):
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(answered.prompt.box, Qt.Key.Key_Return, both)
    qtbot.waitUntil(lambda: not answered.is_busy, **WAIT)
    assert answered.prompt.asking.settings().seed == 1
    click(answered.again_button)
    qtbot.waitUntil(lambda: not answered.is_busy, **WAIT)
    assert answered.prompt.asking.settings().seed == 2


def test_the_prompt_that_was_asked_is_kept_and_undone(qtbot, answered, window, session, project):
    answered.prompt.box.setPlainText("something else by now")
    click(answered.keep_bar.prompt_button)
    qtbot.waitUntil(lambda: session.history.undoable != "", **WAIT)
    assert [row.prompt for row in kept(project, "kept-prompts")] == [plain(PROMPT)]
    session.history.undo()
    qtbot.waitUntil(lambda: session.history.redoable != "", **WAIT)
    assert project.manifest().datasets == ()


def test_a_better_and_a_worse_answer_become_a_pair(qtbot, answered, session, project):
    start, ppo = answered.answers.cards
    assert not answered.keep_bar.pair_button.isEnabled()
    click(ppo.better)
    click(start.worse)
    QTest.keyClick(answered, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.history.undoable != "", **WAIT)
    (row,) = kept(project, "kept-pairs")
    assert row.chosen[0].content.startswith(" He loved to play")
    assert row.rejected[0].content.startswith(" He liked to chase")
    assert row.gold_chosen == pytest.approx(0.959)
    assert row.metadata["chosen_model"] == "run:ppo-s0@100"
    assert "B over A" in session.history.undoable


def test_an_answer_is_either_better_or_worse_and_each_is_one_answer(answered):
    start, ppo = answered.answers.cards
    click(start.better)
    click(ppo.better)
    assert (start.better.isChecked(), ppo.better.isChecked()) == (False, True)
    click(ppo.worse)
    assert (ppo.better.isChecked(), ppo.worse.isChecked()) == (False, True)
    assert answered.answers.pair() is None


def test_prompts_are_picked_from_a_dataset_and_gone_through_by_keyboard(qtbot, page, session, project, tmp_path):
    (tmp_path / "p.jsonl").write_text('{"prompt": "one"}\n{"prompt": "two"}\n')
    api.import_dataset(project, tmp_path / "p.jsonl", "tests")
    qtbot.waitUntil(lambda: page.prompt.dataset_box.findData("tests") > 0, **WAIT)
    page.prompt.dataset_box.setCurrentIndex(page.prompt.dataset_box.findData("tests"))
    page.prompt.dataset_box.activated.emit(1)
    qtbot.waitUntil(lambda: page.prompt.box.toPlainText() == "one", **WAIT)
    QTest.keyClick(page, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert page.prompt.turns() == plain("two")


def test_of_a_chat_the_last_turn_can_be_changed_and_the_earlier_ones_are_shown(page):
    earlier = (Message("user", "Hi"), Message("assistant", "Hello"))
    page.prompt.show_prompt((*earlier, Message("user", "How are you?")))
    page.prompt.box.setPlainText("Who are you?")
    assert page.prompt.turns("Be kind.") == (
        Message("system", "Be kind."), *earlier, Message("user", "Who are you?"),
    )  # fmt: skip


def test_a_project_without_checkpoints_says_what_to_do(qtbot, window, open_project, tmp_path):
    open_project(api.create_project(tmp_path / "empty"))
    window.show_page("playground")
    qtbot.waitUntil(lambda: not window.page.ask_button.isEnabled(), **WAIT)
    assert window.page.nobody.isVisible()
    click(window.page.nobody.button)
    assert window.page_key == "experiments"


def test_another_theme_dresses_answers_and_heat(answered, look):
    answered.heat.box.setCurrentIndex(1)
    answered.heat.box.activated.emit(1)
    before = answered.answers.cards[0].text.document().toHtml()
    look.choose("dark")
    assert answered.answers.cards[0].text.document().toHtml() != before
    look.choose("light")


def test_closing_the_project_ends_the_models_process(qtbot, answered, session):
    assert len(playground_processes()) == 1
    session.close()
    qtbot.waitUntil(lambda: playground_processes() == [], **WAIT)  # it was killed; nobody waited for its end


@pytest.mark.slow
def test_a_real_model_answers_in_the_window_and_its_process_ends_with_it(qtbot, window, open_project, shared, tmp_path):
    project = api.create_project(tmp_path / "real")
    base = project.folder / "models" / "stories"
    shutil.copytree(shared / "models/stories260K", base)
    inputs = Inputs(model="./models/stories")
    project.add_job(Job(id="ppo-s0", name="ppo", method="dpo", recipe=DpoRecipe(), inputs=inputs))
    open_project(project)
    window.show_page("playground")
    page = window.page
    qtbot.waitUntil(lambda: page.checkpoints.chosen() != [], **WAIT)
    page.prompt.asking.editors["n_responses"].setText("2")
    ask(qtbot, page, PROMPT)
    qtbot.waitUntil(lambda: not page.is_busy, timeout=120000)
    assert [card.response.n_tokens for card in page.answers.cards] == [48, 48]
    window.close()
    qtbot.waitUntil(lambda: playground_processes() == [], **WAIT)  # it was killed; nobody waited for its end
