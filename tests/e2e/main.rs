//! End-to-end tests: the built binary, real plugins, and real servers that others wrote.

mod accounts;
mod commands;
mod configuration;
mod crashes;
mod documents;
mod executions;
mod faults;
mod ground;
mod iam;
mod installation;
mod jobs;
mod keys;
mod leaks;
mod namespace;
mod network;
mod plugins;
mod postgres;
mod programs;
mod projects;
mod queries;
mod scripted;
mod servers;
mod shell;
mod standins;
mod started;
mod stored;
