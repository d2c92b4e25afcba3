"""What a kernel raises when the arrays that it gets do not fit each other."""


class MisfitError(ValueError):
    """Arrays or options that do not fit: names the option, the sizes met and the sizes wanted.

    A kernel knows no positions in a spec; whoever runs it adds the layer and the line.
    """
