"""The parts of the stage: each shows a `StageView` and says what was clicked on. No session, no app."""
