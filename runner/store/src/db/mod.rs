//! The two databases behind one face: a statement is written once, with `$1`, and read into one row type.
//!
//! Nothing outside this folder names SQLite, PostgreSQL or the crates that speak with them. Deliberately absent: any
//! knowledge of the tables, apart from what must be locked where many write at once ([`locks`]) and from [leases](lease) and the [copy](copy) of everything.

mod connection;
mod copy;
mod database;
mod error;
mod lease;
mod locks;
mod migrations;
mod notices;
mod postgres;
mod reader;
mod row;
mod sqlite;
mod statement;

pub(crate) use connection::Connection;
pub(crate) use copy::NotCopied;
pub(crate) use database::Database;
pub use error::DatabaseError;
pub(crate) use error::{Broken, Result};
pub(crate) use lease::Keeping;
pub(crate) use locks::{Locks, Obstacle};
pub(crate) use notices::Hearing;
pub(crate) use row::{FromRow, Row};
pub(crate) use statement::{Statement, sql};

#[cfg(test)]
mod tests;
