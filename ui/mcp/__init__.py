"""The documents as tools of a chat program or an agent, over the Model Context Protocol."""
