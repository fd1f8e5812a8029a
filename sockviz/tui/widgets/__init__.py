"""The parts of the stage: each shows a `StageView` and says what was clicked on. They know no session and no app."""
