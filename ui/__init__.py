"""Both front ends of Inhouse: the terminal and the browser."""
