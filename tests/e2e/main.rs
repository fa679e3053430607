//! End-to-end tests: the built binary, real plugins, and real servers that others wrote.

mod ground;
mod installation;
mod namespace;
mod scripted;
mod standins;
