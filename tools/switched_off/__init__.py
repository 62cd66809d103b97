"""Behaviours that are switched off one at a time, and the tests that must fail then.

The table is data in `rows/`, the recorded outcomes lie in `outcomes.jsonl`, and `docs/explanation/switched-off.md` is
written from both. `make switched-off` tries it again; `tests/meta/test_switched_off.py` keeps the table honest.
"""
