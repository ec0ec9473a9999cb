"""What a config will take before it runs: `estimate` works it out, `python -m langgeom.plan` prints it."""
