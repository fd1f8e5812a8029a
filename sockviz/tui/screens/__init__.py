"""The screens: the stage, and what opens over it."""
