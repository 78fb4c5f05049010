"""What a text says, word by word: sentences, tokens, numbers, quantities and claims."""
