"""The parts of `tools/gen_docs.py`: one module for each kind of reference page."""
