"""The array kernels of the forward pass: one small file per kinship, NumPy and nothing else.

Data is N x spatial axes x depth (channels last), the spatial axes being (time,) height, width; options
per axis stand in that order.  Weights of convolutions are kernel axes x depth per group x filters.
Every size comes from the arrays that a kernel gets, none from an inferred volume.
"""
