"""devserve.toml to frozen values, and the messages when it is wrong."""
