//! The words of the house: ids, evidence, failures; no I/O.
