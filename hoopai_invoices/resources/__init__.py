"""What hands add to the generated resource classes: reading by other ways, and safe edits."""
