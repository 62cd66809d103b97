"""The pages hang together, and every setting and variable is on one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from certwright.config import SETTINGS, environment_name
from certwright.resources.registry import resources
from meta.house import DOCS, PACKAGE, ROOT, python_files, tree_of

from docgen.properties import ENVIRONMENT, RELOAD_ENVIRONMENT  # isort: skip  (path: meta.house)

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"CERTWRIGHT_[A-Z_]*[A-Z]")
_OWN_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "README.md")


def _pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md")) + [ROOT / name for name in _OWN_PAGES]


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_internal_link_leads_somewhere() -> None:
    lost = []
    for page in _pages():
        for target in _LINK.findall(_FENCE.sub("", page.read_text())):
            if "://" in target or target.startswith("mailto:"):
                continue
            path, _, anchor = target.partition("#")
            where = (page.parent / path).resolve() if path else page
            if not where.exists() or (anchor and where.suffix == ".md" and anchor not in _anchors(where)):
                lost.append(f"{page.relative_to(ROOT)}: {target}")
    assert lost == []


def test_every_page_can_be_reached() -> None:
    """From docs/_index.md or the README, by links. Decisions hang below their own list."""
    seen: set[Path] = set()
    ahead = [DOCS / "_index.md", ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen or not page.exists() or page.suffix != ".md":
            continue
        seen.add(page)
        targets = [t.partition("#")[0] for t in _LINK.findall(page.read_text()) if "://" not in t]
        ahead += [(page.parent / target).resolve() for target in targets if target]
    lonely = [p for p in DOCS.rglob("*.md") if p.resolve() not in seen and p.parent.name != "adr"]
    assert [p.relative_to(ROOT).as_posix() for p in lonely] == []


def test_every_setting_is_documented() -> None:
    page = (DOCS / "installation-configuration.md").read_text()
    assert [s.name for s in SETTINGS if f"`{s.name}`" not in page] == []
    assert [r.token for r in resources() if not (DOCS / "reference" / f"{_snake(r.__name__)}.md").exists()] == []


def test_every_variable_is_documented() -> None:
    """Each CERTWRIGHT_… in the source is a setting's, or stands in the provider's page; and the other way round."""
    of_settings = {environment_name(s.name) for s in SETTINGS} | {
        f"{environment_name(s.name)}_FILE" for s in SETTINGS if s.secret
    }
    known = {*ENVIRONMENT, *(f"CERTWRIGHT_{name}" for name in RELOAD_ENVIRONMENT)}
    used: set[str] = set()
    for path in python_files(PACKAGE):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used |= set(_VARIABLE.findall(node.value))
    assert sorted(used - of_settings - known) == []
    assert sorted(known - used) == []


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
