"""What a network must meet: the expectations of its spec, limits, amounts with their units."""
