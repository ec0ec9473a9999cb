"""One metric a file, found by `registry` (with torch) and `catalogue` (without)."""

# The registry loads all in one order, whichever file is asked for first: some take another's function.
import langgeom.metrics.registry  # noqa: F401
