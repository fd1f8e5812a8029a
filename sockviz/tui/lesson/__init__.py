"""A lesson on the screen: its words, its layout, its panel, and the run behind it."""
