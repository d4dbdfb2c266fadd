"""How work is done: time, tasks, turns, deadlines, gates, transactions, batches; what an application shares."""
