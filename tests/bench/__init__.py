"""How fast the core is, as ratios in one run."""
