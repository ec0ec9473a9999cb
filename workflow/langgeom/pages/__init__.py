"""Self-contained pages: one look (`style.css`), one way to put text, data and scripts in (`html`), pinned libraries."""
