"""What everybody may at most: how often, how many and how large."""
