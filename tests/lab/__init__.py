"""A network laboratory: two namespaces, a bad link between them, and the truth of what it did."""
