"""The texts of the page in each of its languages, and their formats of numbers and dates."""
