//! One story per file, told through the one-process product and the simulator.
