"""Between loading and running: what each step does, known once, and the functions that then run."""
