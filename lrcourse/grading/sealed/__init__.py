"""What runs in the student's process: files that import nothing of lrcourse, and hold no answers."""
