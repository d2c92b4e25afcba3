"""The names of layers and options in PyTorch, Keras, ONNX and Caffe, and what leads to the same here. Read only after an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A row: names = what is written here: the options of a call without names, in order; `!` marks those that a call must have.
# `A -> B` is two steps. A target that begins with `?` is chosen by the options (`foreign.py`); a text in brackets is an answer
# without a step. Case and `_` are ignored where no row has the name as it is written.
LAYERS = """
Linear LazyLinear = FC: in_features! out_features! bias
Dense DENSE FullyConnected InnerProduct = FC: units! activation
Gemm = FC:
Conv1d Conv2d Conv3d = CONV: in_channels! out_channels! kernel_size! stride padding dilation groups bias padding_mode
LazyConv1d LazyConv2d LazyConv3d = CONV: out_channels! kernel_size! stride padding dilation groups bias
Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D Convolution = CONV: filters! kernel_size! strides padding
ConvTranspose1d = DECONV: in_channels! out_channels! kernel_size! stride padding output_padding groups bias dilation
ConvTranspose2d = DECONV: in_channels! out_channels! kernel_size! stride padding output_padding groups bias dilation
ConvTranspose3d = DECONV: in_channels! out_channels! kernel_size! stride padding output_padding groups bias dilation
Conv1DTranspose Conv2DTranspose Conv3DTranspose ConvTranspose = DECONV: filters! kernel_size! strides padding
Deconvolution TransposedConv UpConv Conv2dTransposed = DECONV: filters! kernel_size! strides padding
SeparableConv1D SeparableConv2D SeparableConv SepConv = ?separable: filters! kernel_size! strides padding
DepthwiseConv1D DepthwiseConv2D = DWCONV: kernel_size! strides padding depth_multiplier
DepthwiseConv Depthwise ConvolutionDepthwise = DWCONV: kernel_size! strides padding depth_multiplier
LocallyConnected1D LocallyConnected2D = LOCAL: filters! kernel_size! strides padding
BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm = BN: num_features! eps momentum affine track_running_stats
BatchNormalization BatchNorm = BN: axis momentum epsilon center scale
LayerNorm = LN: normalized_shape! eps elementwise_affine bias
LayerNormalization = LN: axis epsilon center scale
GroupNorm = GN: num_groups! num_channels! eps affine
GroupNormalization = GN: groups axis epsilon center scale
InstanceNorm1d InstanceNorm2d InstanceNorm3d InstanceNorm InstanceNormalization = IN: num_features! eps momentum affine
RMSNormalization = RMSNORM: normalized_shape! eps
LocalResponseNorm = LRN: size! alpha beta k
MaxPool1d MaxPool2d MaxPool3d = POOL: kernel_size! stride padding dilation return_indices ceil_mode
MaxPooling1D MaxPooling2D MaxPooling3D MaxPooling = POOL: pool_size strides padding
AvgPool1d AvgPool2d AvgPool3d = AVGPOOL: kernel_size! stride padding ceil_mode count_include_pad
AveragePooling1D AveragePooling2D AveragePooling3D AveragePool AveragePooling = AVGPOOL: pool_size strides padding
Pooling = ?pooling:
LPPool1d LPPool2d LpPool = L2POOL: norm_type! kernel_size! stride
AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveAvgPool AdaptiveAveragePooling2D = ?adaptive_mean: output_size!
AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AdaptiveMaxPool AdaptiveMaxPooling2D = ?adaptive_maximum: output_size!
GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D = GAP:
GlobalAveragePool GlobalAvgPool GlobalAvgPool2d GlobalPool = GAP:
GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalMaxPool GlobalMaxPool2D = GMP:
ZeroPadding1D ZeroPadding2D ZeroPadding3D ZeroPad1d ZeroPad2d ZeroPad3d ZeroPad = PAD: padding!
ConstantPad1d ConstantPad2d ConstantPad3d = PAD: padding! value
ReflectionPad1d ReflectionPad2d ReflectionPad3d ReflectionPadding2D = PAD mode=reflect: padding!
ReplicationPad1d ReplicationPad2d ReplicationPad3d = PAD mode=replicate: padding!
CircularPad1d CircularPad2d CircularPad3d = PAD mode=circular: padding!
Cropping1D Cropping2D Cropping3D CenterCrop = CROP: cropping!
PixelShuffle = D2S: upscale_factor!
DepthToSpace Depth2Space = D2S: blocksize!
PixelUnshuffle = S2D: downscale_factor!
SpaceToDepth Space2Depth Reorg = S2D: blocksize!
ChannelShuffle = SHUFFLE: groups!
Upsample UpsamplingNearest2d = UPSAMPLE: size scale_factor mode align_corners
UpsamplingBilinear2d = UPSAMPLE mode=bilinear: size scale_factor
UpSampling1D UpSampling2D UpSampling3D = UPSAMPLE: scale_factor! data_format interpolation
Interpolate Resizing = UPSAMPLE: size
Concatenate Concat Cat Merge = CONCAT:
Multiply Mul Prod = MUL:
Add Sum Plus = ADD:
Subtract = SUB:
Divide = DIV:
Average = [an average of volumes is `ADD` and a constant factor]
Maximum = MAXIMUM:
Minimum = MINIMUM:
Eltwise = ?elementwise:
Dropout1d Dropout2d Dropout3d SpatialDropout1D SpatialDropout2D SpatialDropout3D = DROPOUT channels=true: rate inplace
Dropout AlphaDropout = DROPOUT: rate inplace
DropPath StochasticDepth = STOCHDEPTH: rate
Activation = ?activation: activation!
ReLU = RELU: inplace
LeakyReLU = LEAKYRELU: negative_slope inplace
Hardswish HardSwish = HSWISH: inplace
Hardsigmoid HardSigmoid = HSIGMOID: inplace
Hardtanh = CLIP: min_val max_val inplace
Swish = SILU:
Clamp = CLIP: min max
MultiheadAttention = ATTENTION: embed_dim! num_heads! dropout bias
MultiHeadAttention = ?attention: num_heads! key_dim
Attention SelfAttention = ATTENTION: num_heads
MatMul = MATMUL:
Permute = TRANSPOSE:
Unflatten = RESHAPE: dim! shape!
Rescaling = ?rescaling: factor! offset
InputLayer Input = ?input: shape!
Embedding = [an embedding is no layer here: begin with its output, `INPUT[128x512]` for 128 tokens of 512 numbers]
LSTM GRU RNN SimpleRNN Bidirectional ConvLSTM2D = [recurrent layers are not modelled]
MaxUnpool2d Unpool Unpooling = [unpooling by indices is not modelled; `UPSAMPLE2` enlarges by the nearest pixel]
"""

# Options that lead to ours: the first name that the kind has. No name: it follows from the network, or changes no figure.
OPTIONS: Mapping[str, str] = {
    "kernel_size": "kernel",
    "kernel_shape": "kernel",
    "ksize": "kernel",
    "filter_size": "kernel",
    "pool_size": "kernel",
    "window": "kernel",
    "local_size": "kernel",
    "size": "kernel scale size",
    "out_channels": "filters units",
    "num_output": "filters units",
    "num_filters": "filters units",
    "nb_filter": "filters",
    "n_filters": "filters",
    "filter": "filters",
    "channels": "filters",
    "out_features": "units",
    "num_units": "units",
    "output_dim": "units",
    "embed_dim": "units",
    "strides": "stride",
    "subsample": "stride",
    "pad": "padding",
    "pads": "padding",
    "auto_pad": "padding",
    "border_mode": "padding",
    "cropping": "crop",
    "dilations": "dilation",
    "dilation_rate": "dilation",
    "rate": "rate dilation",
    "group": "groups",
    "num_groups": "groups",
    "use_bias": "bias",
    "bias_term": "bias",
    "depth_multiplier": "multiplier",
    "dropout_ratio": "rate",
    "drop_rate": "rate",
    "p": "rate p",
    "negative_slope": "slope",
    "alpha": "slope alpha",
    "epsilon": "eps",
    "elementwise_affine": "affine scale",
    "track_running_stats": "running",
    "center": "shift",
    "count_include_pad": "count_padding",
    "num_heads": "heads",
    "scale_factor": "scale",
    "upscale_factor": "scale",
    "downscale_factor": "scale",
    "blocksize": "scale",
    "block_size": "scale",
    "interpolation": "mode",
    "inplace": "overwrite",
    "output_size": "out",
    "min_val": "min",
    "max_val": "max",
    "axis": "",
    "dim": "",
    "in_channels": "",
    "in_features": "",
    "num_features": "",
    "num_channels": "",
    "in_planes": "",
    "input_dim": "",
    "input_shape": "",
    "batch_input_shape": "",
    "normalized_shape": "",
    "momentum": "",
    "data_format": "",
    "name": "",
    "dtype": "",
    "device": "",
    "trainable": "",
    "padding_mode": "",
    "return_indices": "",
    "kernel_initializer": "",
    "bias_initializer": "",
    "kernel_regularizer": "",
    "weight_filler": "",
    "bias_filler": "",
    "norm_type": "",
    "offset": "shift",
}
FOLLOWS = frozenset(
    (
        "in_channels",
        "in_features",
        "num_features",
        "num_channels",
        "in_planes",
        "input_dim",
        "input_shape",
        "batch_input_shape",
        "normalized_shape",
    )
)
"""Options that say what the layer before makes."""

ACTIVATIONS: Mapping[str, str] = {
    "linear": "",
    "none": "",
    "leaky_relu": "LEAKYRELU",
    "hard_sigmoid": "HSIGMOID",
    "hard_swish": "HSWISH",
    "hard_silu": "HSWISH",
    "swish": "SILU",
}
"""The names of activations that are not our kinds in small letters."""

ELEMENTWISE: Mapping[str, str] = {"sum": "ADD", "prod": "MUL", "max": "MAXIMUM", "0": "MUL", "1": "ADD", "2": "MAXIMUM"}
"""Caffe's EltwiseOp, by name and by number."""
