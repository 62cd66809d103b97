"""Print the requirements of a dependency group of pyproject.toml, one per line, for pips before `--group` (25.1)."""

import sys
import tomllib
from pathlib import Path


def main() -> None:
    pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"
    groups = tomllib.loads(pyproject.read_text(encoding="utf-8"))["dependency-groups"]
    (name,) = sys.argv[1:]
    if name not in groups:
        sys.exit(f"pyproject.toml has no dependency group {name!r}; it has {', '.join(sorted(groups))}")
    print("\n".join(groups[name]))


main()
