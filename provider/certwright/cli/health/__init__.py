"""What `certwright doctor` looks at: one file for each side of an installation."""
