use clap::Args;
use serde_json::Value;
use windlass_keys::KeyStorage;

use super::{HEADER, cells, json};
use crate::arguments::Listing;
use crate::problem::Problem;
use crate::show;

/// Show what is known of a secret; of a public key its contents, too
///
/// Nothing shows the contents of a password or of a private key: steps use them, people store them.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass key show keys/project/web/aws-secret\n  \
    windlass key show keys/deploy-key.pub --output json | jq -r .contents")]
pub(crate) struct Show {
    /// The path of the secret
    path: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(keys: &KeyStorage, arguments: Show) -> Result<(), Problem> {
    let path = super::path(&arguments.path)?;
    let entry = keys.entry(&path).await?;
    let contents = keys.public_key(&path).await?;
    match arguments.output {
        Listing::Json => {
            let mut shown = json(&entry);
            if let Some(contents) = contents {
                shown["contents"] = Value::String(contents);
            }
            show::json(&shown)
        }
        Listing::Table => {
            show::listing(HEADER, std::iter::once(cells(&entry)))?;
            contents.map_or(Ok(()), |contents| show::line(show::safe_lines(contents.trim_end())))
        }
    }
}
