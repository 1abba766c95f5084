"""One folder per domain; packs never import each other."""
