"""The composition root: what runs, what answers, and the orders that both take."""
