"""One file for each command; `certwright.cli.registry` lists them."""
