"""Who received and who read: marks applied, and told to those concerned."""
