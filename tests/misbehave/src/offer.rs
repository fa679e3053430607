use std::io::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::frames::{Chart, ChartKind, Level};
use windlass_plugin_api::{Context, Secret, Step, StepError, StepInfo};

/// Uses what a context offers beside logs and credentials, and does it well.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offer {
    /// A secret, whose length it reports and which it prints, to be masked.
    secret: Option<Secret>,
    /// Keeps a file of that many bytes, 0 to 255 again and again.
    #[serde(default)]
    file_bytes: usize,
}

/// What it got.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offered {
    secret_length: Option<usize>,
    scratch: Option<String>,
}

impl Step for Offer {
    const INFO: StepInfo = StepInfo {
        name: "offer",
        title: "Use what a context offers",
        description: "Sends a table with a chart of it, and keeps a file.",
        example: "fileBytes: 1000\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Offered;

    async fn run(self, context: Context) -> Result<Offered, StepError> {
        let mut table = context.table("per hour", vec!["hour".to_owned(), "errors".to_owned()]);
        for hour in 0..3 {
            table.row([hour.into(), (hour * hour).into()]);
        }
        drop(table);
        let text = |text: &str| text.to_owned();
        let (kind, y) = (ChartKind::Line, vec![text("errors")]);
        let (table, x, series) = (text("per hour"), text("hour"), None);
        let chart = Chart { chart: text("errors"), title: text("Errors"), kind, table, x, y, series };
        context.chart(chart);
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(self.file_bytes).collect();
        let mut file = context.artifact("bytes.bin", "application/octet-stream");
        file.write_all(&bytes).expect("it does not fail");
        drop(file);
        if let Some(secret) = &self.secret {
            context.log(Level::Warn, format!("the secret is {}", secret.expose()));
            println!("printed: {}", secret.expose());
        }
        let secret_length = self.secret.as_ref().map(|secret| secret.expose().len());
        Ok(Offered { secret_length, scratch: context.scratch().map(|path| path.display().to_string()) })
    }
}
