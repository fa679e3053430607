use clap::Args;
use windlass_keys::{Folder, KeyEntry, KeyStorage};

use super::{HEADER, cells, json};
use crate::arguments::Listing;
use crate::problem::Problem;
use crate::show;

/// List folders and secrets: paths, kinds, sizes and times; never contents
///
/// What lies below a mount is listed by the path of the mount or of a folder below it; elsewhere a mount is one line.
/// A size is rounded up to 64, 256, 1024, 4096, 16384 or 65536 bytes, so that it tells nothing about a password.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass key list keys/project/web --output json\n  \
    windlass key list --recursive")]
pub(crate) struct List {
    /// What lies directly in this folder
    #[arg(default_value = "keys")]
    folder: String,
    /// What lies in the folders below it, too
    #[arg(long, short)]
    recursive: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(keys: &KeyStorage, arguments: List) -> Result<(), Problem> {
    let List { folder, recursive, output } = arguments;
    let below = keys.list(&folder).await?;
    let listed =
        if recursive { Folder { folders: Default::default(), keys: below } } else { Folder::of(&folder, below) };
    let mounts = keys.mounts(&folder);
    let Folder { folders, keys } = listed;
    match output {
        Listing::Json => {
            let folders = folders.iter().map(
                |(folder, count)| serde_json::json!({ "path": format!("{folder}/"), "kind": "folder", "keys": count }),
            );
            let mounts = mounts.iter().map(|mount| serde_json::json!({ "path": format!("{mount}/"), "kind": "mount" }));
            show::json(&folders.chain(mounts).chain(keys.iter().map(json)).collect::<Vec<_>>())
        }
        Listing::Table if folders.is_empty() && mounts.is_empty() && keys.is_empty() => {
            show::talk(format_args!("no secrets below `{folder}`"));
            Ok(())
        }
        Listing::Table => {
            let line = |path: String, kind: &str, size: String| {
                let none = String::new;
                [format!("{path}/"), kind.to_owned(), size, none(), none(), none()]
            };
            let folders = folders.into_iter().map(|(folder, count)| line(folder, "folder", counted(count)));
            let mounts = mounts.into_iter().map(|mount| line(mount, "mount", String::new()));
            let keys: &[KeyEntry] = &keys;
            show::listing(HEADER, folders.chain(mounts).chain(keys.iter().map(cells)))
        }
    }
}

fn counted(keys: usize) -> String {
    if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") }
}
