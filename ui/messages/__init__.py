"""The texts of the page in English and German, and its number formats."""
