"""Running services as values: command and environment, lifecycle, log lines, readiness."""
