//! End-to-end tests: the built binary, real plugins, and real servers that others wrote.

mod accounts;
mod ground;
mod installation;
mod namespace;
mod queries;
mod scripted;
mod standins;
