"""`engine recipes`: small applications that solve one problem each, to look at and to begin from."""
