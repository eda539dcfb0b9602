"""The page at https://devserve.localhost, and what is recorded for it."""
