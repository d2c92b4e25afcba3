"""One analysis, one file. Analyses read the facts of layers and never name a layer kind."""
