"""What the service knows and does, one module for each of its resources."""
