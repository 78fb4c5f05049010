"""Right words in the wrong places: the ways in which a sentence contradicts its quotes."""
