"""`python -m certwright.plugin.main [ENGINE_ADDRESS]`: what `pulumi-resource-certwright` runs."""

from __future__ import annotations

import gc

from certwright.plugin.lean import messages_only


def run() -> None:
    gc.disable()  # imports make no garbage; `preload` switches it on again
    with messages_only():
        from certwright.plugin.process import main
    main()


if __name__ == "__main__":
    run()
