"""The exported page in a real browser: it asks for nothing, complains of nothing, and fits a phone."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from evaluated_runs import PaperRuns
from matplotlib.image import imread

from workbench.compare import compare_runs
from workbench.export.report import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = Path("build/screenshots")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
)  # fmt: skip
# What the page measures of itself, put where the dumped page shows it. The page's own policy forbids scripts, so the copy that
# is measured is opened without that policy.
MEASURE = """<script>
addEventListener('load', () => {
  const wide = [...document.querySelectorAll('body *')].filter(e =>
    !e.closest(SCROLLS) && e.getBoundingClientRect().right > innerWidth + 1);
  document.body.dataset.measured = JSON.stringify({ width: innerWidth, page: document.documentElement.scrollWidth,
    wide: wide.map(e => e.tagName + '.' + e.className), asked: performance.getEntriesByType('resource').map(r => r.name) });
});
</script></body>"""
PAPER = 688  # pixels of 182 mm: A4 without its margins
OBEYED = "document.body.dataset.obeyed = 'yes'"
HOSTILE = (
    f'</p></pre></section></style></title><script>{OBEYED}</script><img src=x onerror="{OBEYED}"><svg onload="{OBEYED}">'
    f"<iframe srcdoc='<script>parent.{OBEYED}</script>'></iframe><base href=http://127.0.0.1:9/><style>*{{display:none}}</style>"
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; .ci/run installs it")


@pytest.fixture(scope="module")
def report(comparison, project, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("browser") / "report.html"
    write_report(comparison, project, path)
    return path


def browse(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={page.parent / 'chrome'}", *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


def without_policy(page: Path) -> Path:
    """Returns a copy that scripts could run in, with the one that measures."""
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    copy = page.with_name(f"measured-{page.name}")
    scrolls = "pre" if page.name == "paper.html" else ".scroll, pre"
    copy.write_text(html.replace("</body>", MEASURE.replace("SCROLLS", repr(scrolls))), encoding="utf-8")
    return copy


@pytest.mark.parametrize(("width", "name"), [(1280, "report-wide"), (500, "report-narrow")])
def test_the_charts_are_drawn_and_the_page_complains_of_nothing(report, width, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = (PICTURES / f"{name}.png").resolve()
    said = browse(report, f"--screenshot={picture}", f"--window-size={width},2400", "--enable-logging=stderr", "--v=0")
    assert "CONSOLE" not in said.stderr
    pixels = imread(picture)[:, :, :3]
    assert pixels.shape[:2] == (2400, width)
    orange = (abs(pixels - [0xD5 / 255, 0x5E / 255, 0]) < 0.05).all(axis=2)
    assert orange.sum() > 100  # the first arm's curves


def test_it_asks_for_nothing(report):
    log = report.with_name("net.json")
    browse(report, "--dump-dom", f"--log-net-log={log}")
    asked = set(re.findall(r'"url":"(https?://[^"]+)"', log.read_text(encoding="utf-8")))
    assert {url for url in asked if "report" in url or "font" in url or "cdn" in url} == set()
    assert re.findall(r"(?:src|href)=[\"'](?!#)", report.read_text(encoding="utf-8")) == []


def test_a_phone_shows_it_without_moving_it_sideways(report):
    assert measured_in_a_frame(without_policy(report), 390) == {"width": 390, "page": 390, "wide": [], "asked": []}


def test_paper_is_wide_enough_for_every_table(report):
    page = report.with_name("paper.html")
    page.write_text(report.read_text(encoding="utf-8").replace("@media print {", "@media all {"), encoding="utf-8")
    found = measured_in_a_frame(without_policy(page), PAPER)
    assert (found["page"], found["wide"]) == (PAPER, [])


def measured_in_a_frame(page: Path, width: int) -> dict[str, object]:
    """Returns what a page measures of itself in a frame: the browser's own window is never narrower than 500 pixels."""
    framed = page.with_name(f"framed-{page.name}")
    framed.write_text(
        f"<iframe id=frame width={width} height=844 src='{page.name}'></iframe><script>onload = () => document.body.dataset"
        ".measured = document.getElementById('frame').contentDocument.body.dataset.measured</script>",
        encoding="utf-8",
    )
    dom = browse(framed, "--dump-dom", "--allow-file-access-from-files").stdout
    found: dict[str, object] = json.loads(re.findall(r'data-measured="([^"]+)"', dom)[0].replace("&quot;", '"'))
    return found


def test_it_prints_on_paper(report):
    paper = report.with_name("report.pdf")
    browse(report, f"--print-to-pdf={paper}")
    assert paper.read_bytes().startswith(b"%PDF")


def test_what_a_model_writes_is_obeyed_by_no_browser_even_without_the_pages_policy(runs: PaperRuns, tmp_path: Path):
    runs.start([0.0] * 8, response=[HOSTILE] * 8, prompt=[HOSTILE] * 8)
    runs.arm(HOSTILE[:58], {100: [1.0] * 8}, others={100: {"response": [HOSTILE] * 8}})
    page = tmp_path / "report.html"
    write_report(compare_runs(runs.project), runs.project, page)
    assert page.read_text(encoding="utf-8").count("dataset.obeyed") > 9
    dom = browse(without_policy(page), "--dump-dom", "--virtual-time-budget=2000").stdout
    body = re.search(r"<body[^>]*>", dom)
    assert body is not None
    assert "data-obeyed" not in body[0]
    measured = json.loads(re.findall(r'data-measured="([^"]+)"', body[0])[0].replace("&quot;", '"'))
    assert measured["asked"] == []
