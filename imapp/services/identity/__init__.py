"""Who is calling: tokens, keys, signed headers, quotas."""
