"""Networks shared by the memory tests."""

from hypothesis import strategies as st

# Seven small networks with the hard cases of memory: branches, in-place layers, views, frozen starts, several results.
NETWORKS = [
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> BN -> RELU -> [{CONV3-16 -> BN -> RELU -> CONV3-16 -> BN | } -> ADD -> RELU]*4 -> GAP -> FC-10",
    "INPUT[16x16x3] -> {CONV1-4 | CONV3-8 -> RELU | POOL3/1(padding=1) -> CONV1-4} -> CONCAT -> BN -> GELU -> GAP -> FC-10 -> SOFTMAX",
    "INPUT[16x16x3] -> CONV3-8 -> {GAP -> FC-4 -> RELU -> FC-8 -> SIGMOID | } -> MUL -> FLATTEN -> DROPOUT -> FC-10",
    "INPUT[16x16x3] -> CONV3-8 -> {SLICE(0, depth=4) -> CONV3-4 | SLICE(4)} -> CONCAT -> SHUFFLE(2) -> GAP -> FC-10",
    "INPUT[16x16x3] -> S2D(2) -> CONV3-8 -> RELU -> D2S(2) -> CONV3-4 -> GAP -> FC-10",
    "INPUT[64x3] -> CONV3-8 -> LRN -> RELU -> FC-10",
    "INPUT[16x16x3] -> CONV3-8 -> {CONV3-8 -> OUTPUT | CONV3-4 -> RELU} -> CONV3-2",
]


@st.composite
def chains(draw):
    """Return a pattern: layers in a row, some of them in two branches."""
    layer = st.sampled_from(
        ["CONV3-4", "CONV1-8", "BN", "RELU", "GELU", "POOL3/1(padding=1)", "DROPOUT", "SIGMOID", "IDENTITY", "LRN"]
    )
    chain = st.lists(layer, min_size=1, max_size=4).map(" -> ".join)
    parts = [draw(chain)]
    for _ in range(draw(st.integers(0, 2))):
        left, right = draw(chain), draw(st.one_of(chain, st.just("")))
        parts += [f"{{{left} | {right}}} -> CONCAT", draw(chain)]
    return f"INPUT[8x8x4] -> {' -> '.join(parts)} -> FC-3"
