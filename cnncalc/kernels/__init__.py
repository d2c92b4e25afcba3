"""The array kernels of the forward pass: one small file per family, NumPy only.

Data is N x spatial axes x depth (channels last), with spatial axes (time,) height, width; options
per axis use that order.  Weights of convolutions are kernel axes x depth per group x filters.
Every size is read from the arrays passed to a kernel, none from an inferred volume.
"""
