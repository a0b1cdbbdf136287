"""What each call asks for: arguments in, a checked and encoded request out; one place for both colours and batches."""
