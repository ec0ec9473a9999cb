"""One metric a file, found by `registry` (with torch) and `catalogue` (without)."""
