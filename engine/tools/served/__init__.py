"""`engine serve`: processes, reloading, handing over."""
