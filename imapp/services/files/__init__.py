"""Files: taken in, judged by their content, kept, shown to whoever may see a message with them, collected."""
