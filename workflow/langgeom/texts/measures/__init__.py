"""The measures, one a file; `registry` finds them here."""
