"""What is asked about a network: each option declared once; how it trains, number formats, optimizers, devices."""
