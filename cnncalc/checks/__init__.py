"""Requirements on a network: the expectations of its spec, limits, amounts with their units."""
