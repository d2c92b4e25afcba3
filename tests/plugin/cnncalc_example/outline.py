"""A rendering: a line for each layer, indented as its blocks are."""


def render(report):
    """Return the outline."""
    lines = [f"{report.name}: {report.totals.params:,} parameters"]
    lines += [f"{'  ' * row.node.path.count('/')}- {row.name}: {row.label}, {row.output.text}" for row in report.rows]
    return "\n".join(lines)
