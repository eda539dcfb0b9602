"""The developer's own certificate authority (RFC 5280), as values."""
