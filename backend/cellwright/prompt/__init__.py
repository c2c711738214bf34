"""What the model reads and writes: notation, vocabulary and the rendering of tasks."""
