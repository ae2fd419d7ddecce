"""Plan and gateware to the output folder."""
