//! Every rule of a run, one by one.
