"""The invariant checker sees each planted fault, and only that, and says nothing about a clean history."""
