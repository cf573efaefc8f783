//! The simulator's API, over HTTP, against real servers on free ports.

mod codes;
mod control;
mod help;
mod keys;
mod licenses;
mod records;
mod restarts;
mod tokens;
