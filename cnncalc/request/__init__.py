"""Requests about a network: the options, each declared once; training, number formats, optimizers, devices."""
