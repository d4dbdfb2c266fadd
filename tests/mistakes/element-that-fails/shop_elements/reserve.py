import warehouse_that_nobody_installed as warehouse  # noqa: F401
