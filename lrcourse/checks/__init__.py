"""What an answer must satisfy. One file an exercise; a message says what is wrong, never the solution."""
