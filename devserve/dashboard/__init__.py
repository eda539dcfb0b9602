"""What the dashboard shows, as values for its page: exchanges, rates, log lines, who may ask and order."""
