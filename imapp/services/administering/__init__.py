"""What administrators of the system do, and the log of it."""
