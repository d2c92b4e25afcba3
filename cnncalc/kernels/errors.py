"""The error of a kernel whose arguments do not fit each other."""


class MisfitError(ValueError):
    """Arrays or options that do not fit: names the option, the given sizes and the expected sizes.

    A kernel has no position in a spec; its caller adds the layer and the line.
    """
