//! The demo viewers, who exist only on the machine that runs the shop.

use crate::{accounts::Accounts, error::Error};

/// Their password.
pub const PASSWORD: &str = "demo";

/// Their emails, and what the shop calls them.
pub const VIEWERS: [(&str, &str); 2] = [("alice@example.com", "Alice"), ("bob@example.com", "Bob")];

pub(crate) async fn make_viewers(accounts: &Accounts) -> Result<(), Error> {
    for (email, name) in VIEWERS {
        // Those who are here already stay as they are.
        accounts.add_demo(email, name, PASSWORD).await?;
    }
    Ok(())
}
