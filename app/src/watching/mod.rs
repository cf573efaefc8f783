//! Watching a film: what keys do, where to go on from, how loud it is, and which words stand under
//! the picture.
//!
//! - [`keys`]: which key does what, and when it does nothing;
//! - [`position`]: how far a viewer has come in a title;
//! - [`sound`]: how loud it is;
//! - [`subtitles`]: where they are, and which of them a viewer reads.

pub mod keys;
pub mod position;
pub mod sound;
pub mod subtitles;
