"""Write schema.json from the pydantic models: at the root, and the copy that the plugin serves from its package.

`--check` writes nothing and exits 1 when either copy is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from certwright.binding.schema import package_schema
from certwright.functions.registry import FUNCTIONS
from certwright.resources.registry import resources

ROOT = Path(__file__).resolve().parent.parent
COPIES = (ROOT / "schema.json", ROOT / "provider" / "certwright" / "schema.json")


def main() -> int:
    text = json.dumps(package_schema(resources(), FUNCTIONS), indent=2, ensure_ascii=False) + "\n"
    stale = [copy for copy in COPIES if not copy.exists() or copy.read_text() != text]
    if "--check" in sys.argv:
        for copy in stale:
            print(f"{copy.relative_to(ROOT)} is stale; run `make schema`", file=sys.stderr)
        return 1 if stale else 0
    for copy in stale:
        copy.write_text(text)
        print(f"wrote {copy.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
