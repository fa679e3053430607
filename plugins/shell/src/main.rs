//! The `shell` plugin: runs a command or a script that the job's author wrote.
//!
//! It is a program, because a library may start none. What it and its children may use of files, network and processes
//! was restricted by its supervisor before it began, and whatever outlives it is ended by that supervisor; here a command
//! is only started, listened to and asked to stop.
//!
//! A command of a step with an account asks this program for credentials, as it would ask the agent of a container, and
//! this program asks the runner: no environment and no file has a key.
//!
//! Deliberately absent: a shell between the job and a command, and therefore quoting. Arguments stay a list, values
//! travel in the environment, and nothing is put into the text of a script.

mod account;
mod capture;
mod command;
mod endpoint;
mod environment;
mod failure;
mod find;
mod first_line;
mod group;
mod options;
mod outputs;
mod place;
mod private;
mod process;
mod script;
mod services;
mod signals;
mod tee;
mod token;
mod word;

use command::Command;
use script::Script;

windlass_plugin_api::program_plugin! {
    name: "shell",
    title: "Shell",
    description: "Runs commands and scripts on the machine of the runner.",
    steps: [Command, Script],
}
