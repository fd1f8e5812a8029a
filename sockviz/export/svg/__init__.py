"""The ladder as a vector picture: rows of a chart, drawn as elements on a canvas, put into a document."""
