"""What the core finds in a labelled corpus, against what it must find."""
