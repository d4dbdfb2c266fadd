"""Between loading and running: the effects of each step, determined once, and the functions that then run."""
