"""What the museum of failures needs besides its snippets."""
