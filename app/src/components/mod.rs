//! The pieces that pages and islands are made of. None does I/O.

pub mod alert;
pub mod device_id;

#[cfg(feature = "ssr")]
pub mod accent;
#[cfg(feature = "ssr")]
pub mod card;
#[cfg(feature = "ssr")]
pub mod device_facts;
#[cfg(feature = "ssr")]
pub mod device_switch;
#[cfg(feature = "ssr")]
pub mod footer;
#[cfg(feature = "ssr")]
pub mod loaded;
#[cfg(feature = "ssr")]
pub mod loose_leaf;
#[cfg(feature = "ssr")]
pub mod mark;
#[cfg(feature = "ssr")]
pub mod masthead;
#[cfg(feature = "ssr")]
pub mod order_line;
#[cfg(feature = "ssr")]
pub mod poster;
#[cfg(feature = "ssr")]
pub mod register_first;
#[cfg(feature = "ssr")]
pub mod row;
#[cfg(feature = "ssr")]
pub mod search;
#[cfg(feature = "ssr")]
pub mod share;
#[cfg(feature = "ssr")]
pub mod workflow_panel;
