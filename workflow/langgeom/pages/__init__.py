"""Self-contained pages: one look (`style.css`), one way to put text, data and scripts into a page (`html`), pinned libraries."""
