"""Where state lives: in this process, in a file of this machine, or with a server that many machines share."""
