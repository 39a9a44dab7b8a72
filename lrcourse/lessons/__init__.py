"""A lesson as something to show: a deck of slides or a page, each one file that needs no network."""
