"""One analysis, one file. Analyses read the facts that layers state and never name a layer kind."""
