"""Where values are kept between events, in memory and on SQLite."""
