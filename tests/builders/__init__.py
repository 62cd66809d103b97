"""Builders with correct defaults, so that in a test only the defect shows."""
