"""What people see: lists, history, directory; all of it within their spans."""
