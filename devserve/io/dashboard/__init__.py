"""The page at https://devserve.localhost, what is recorded for it, and what it hears of other terminals."""
