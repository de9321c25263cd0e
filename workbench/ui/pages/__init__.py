"""The pages of the window, in the rail's order: to add one, add a line."""

from workbench.ui.page import PageSpec

PAGES = (
    PageSpec("start", "Start", "start:StartPage", "Open a project or begin one.", needs_project=False),
    PageSpec("overview", "Overview", "overview:OverviewPage", "What the project holds and what goes on."),
    PageSpec("data", "Data", "data:DataPage", "The datasets, their rows, and the way in for more."),
    PageSpec(
        "experiments",
        "Experiments",
        "experiments:ExperimentsPage",
        "Every run, its place in the queue and what it says.",
    ),
    PageSpec("compare", "Compare", "compare:ComparePage", "Rewards, KL and win rates side by side."),
    PageSpec("playground", "Playground", "playground:PlaygroundPage", "One prompt to several checkpoints at once."),
    PageSpec(
        "machine", "Machine", "machine:MachinePage", "How busy the computer is, and with what.", keys="Ctrl+Shift+M"
    ),
    PageSpec("settings", "Settings", "settings:SettingsPage", "What you prefer on this computer.", keys="Ctrl+,"),
)

__all__ = ["PAGES"]
