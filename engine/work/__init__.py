"""Running work: time, tasks, turns, deadlines, gates, transactions, batches, and the state an application shares."""
