use std::path::Path;

use clap::Args;
use windlass_keys::{KeyStorage, KmsKey, Rotated};

use crate::problem::Problem;
use crate::show;

/// Put everything under a new master key, while servers and steps use it
///
/// The new key is added to the file of the master key (`masterKeyFile`), which holds both from then on, and every secret
/// is sealed anew, those that were typed for executions, too. Whatever ends this command, everything stays readable;
/// called again, it goes on. At the end `--drop-old` gives the old key up.
///
/// Where several machines share a database: `--prepare` first, then copy the file to each of them, then rotate. A
/// machine whose file lacks a key that the database knows is refused.
///
/// With `--kms` the file has the new key only as AWS KMS encrypted it: whoever gets the file needs KMS, too. The account
/// `masterKeyAccount` of the configuration asks KMS, once in each process that needs the key. Without, the next key is
/// a plain one.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass key rotate-master\n  \
    windlass key rotate-master --kms arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd\n  \
    windlass key rotate-master --drop-old")]
pub(crate) struct RotateMaster {
    /// Only add the new key to the file, so that it can be copied to other machines
    #[arg(long)]
    prepare: bool,
    /// Give up the old key, when nothing is wrapped by it any more; keep a copy for older backups of the database
    #[arg(long, conflicts_with = "prepare")]
    drop_old: bool,
    /// Let AWS KMS make the new key and encrypt it under its key of this ARN; also for the first key of all
    #[arg(long, value_name = "ARN", conflicts_with = "drop_old")]
    kms: Option<KmsKey>,
}

const NONE: &str = "there is no master key yet: the first secret makes it";

pub(super) async fn run(keys: &KeyStorage, arguments: RotateMaster, file: &Path) -> Result<(), Problem> {
    let file = file.display();
    if arguments.prepare {
        match keys.prepare_master_key(arguments.kms.as_ref()).await? {
            Some(next) => show::talk(format_args!(
                "`{file}` has the new master key {next}, which nothing uses yet; copy the file to every machine on this \
                 database, then: `windlass key rotate-master`"
            )),
            None => show::talk(NONE),
        }
    } else if arguments.drop_old {
        match keys.drop_old_master_keys().await?.as_slice() {
            [] => show::talk("there is no old master key"),
            old => {
                show::talk(format_args!(
                    "the master key {} is gone from the database and from `{file}`",
                    old.join(", ")
                ));
            }
        }
    } else {
        match keys.rotate_master_key(arguments.kms.as_ref()).await? {
            Some(Rotated { to, from, .. }) if from.is_empty() => show::talk(format_args!(
                "`{file}` has the master key {to}, under which all secrets will be; keep a copy of it"
            )),
            Some(Rotated { to, from, secrets, typed }) => show::talk(format_args!(
                "everything is under the master key {to}: {secrets} secrets and {typed} typed values were sealed anew\n\
                 keep copies of `{file}`: with {from} in it for older backups of the database, which need that key; then \
                 `windlass key rotate-master --drop-old` removes it",
                from = from.join(", "),
            )),
            None => show::talk(NONE),
        }
    }
    Ok(())
}
