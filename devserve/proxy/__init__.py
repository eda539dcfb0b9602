"""What a gateway decides about one exchange, as functions over values."""
