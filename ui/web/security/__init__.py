"""Who may do what: authentication, allowed routes, rate limits and refusals."""
