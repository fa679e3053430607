//! The `shell` plugin: runs a command or a script that the job's author wrote.
//!
//! It is a program, because a library may start none. What it and its children may use of files, network and processes
//! was restricted by its supervisor before it began, and whatever outlives it is ended by that supervisor; here a command
//! is only started, listened to and asked to stop.
//!
//! Deliberately absent: a shell between the job and a command, and therefore quoting. Arguments stay a list, values
//! travel in the environment, and nothing is put into the text of a script.

mod capture;
mod command;
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
mod signals;
mod tee;
mod word;

use command::Command;
use script::Script;

windlass_plugin_api::program_plugin! {
    name: "shell",
    title: "Shell",
    description: "Runs commands and scripts on the machine of the runner.",
    steps: [Command, Script],
}
