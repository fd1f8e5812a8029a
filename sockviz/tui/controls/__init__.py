"""Buttons, status line, prompt: what the operator touches. Widgets get data and post messages."""
