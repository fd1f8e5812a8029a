"""What is known about TCP, pure: segments, states, sequence numbers."""
