"""Everything that works on an output folder: simulators, lint, synthesis, place and route."""
