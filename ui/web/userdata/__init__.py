"""What the page stores about its users: accounts, sessions, conversations and feedback."""
