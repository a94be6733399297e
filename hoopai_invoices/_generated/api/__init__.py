"""One class per resource. Generated: do not edit."""
