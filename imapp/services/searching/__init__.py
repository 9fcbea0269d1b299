"""Finding messages by what they say, and people and groups by name; only what the one who asks may see."""
