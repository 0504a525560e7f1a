"""Words and pure decisions of Louling. Nothing in this package does I/O or reads a clock."""
