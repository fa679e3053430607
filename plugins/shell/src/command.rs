use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::{Context, Network, Step, StepError, StepInfo};

use crate::options::Options;
use crate::outputs::Outputs;
use crate::place::Place;
use crate::process::{self, CommandLine};
use crate::word::Word;

/// A program and its arguments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Command {
    /// The program and its arguments, each an item of its own. No shell sees them: blanks, quotes and `$` arrive as they
    /// are. A program without a `/` is looked up in `PATH`; a number arrives as JSON writes it, quoted it stays as it is.
    #[schemars(length(min = 1))]
    command: Vec<Word>,

    #[serde(flatten)]
    options: Options,
}

impl Step for Command {
    const INFO: StepInfo = StepInfo {
        name: "command",
        title: "Run a command",
        description: "Runs a program with a list of arguments, without a shell. What it prints is shown in the log.",
        takes_account: true,
        network: Network { direct: true, ..Network::NONE },
        example: "\
command: [find, /var/log, -maxdepth, \"1\", -name, '*.gz', -mtime, \"+30\"]
secrets: {API_TOKEN: keys/project/web/api-token} # the path of a file with it is in API_TOKEN_FILE
output: lines
",
        ..StepInfo::DEFAULT
    };
    type Outputs = Outputs;

    async fn run(self, context: Context) -> Result<Outputs, StepError> {
        let place = Place::make(&self.options, &context)?;
        let words: Vec<String> = self.command.iter().map(|word| word.as_str().to_owned()).collect();
        let named = format!("`{}`", words.first().map(String::as_str).unwrap_or_default());
        let line = CommandLine::find(named, words, &place)?;
        process::run(&line, &place, &self.options, &context).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use windlass_plugin_api::StepMetadata;

    use super::*;

    fn places(config: &Value) -> Vec<String> {
        let validator = jsonschema::validator_for(&StepMetadata::of::<Command>().config).unwrap();
        validator.iter_errors(config).map(|error| error.instance_path().to_string()).collect()
    }

    fn with(key: &str, value: Value) -> Value {
        let mut config = json!({"command": ["true"]});
        config[key] = value;
        config
    }

    #[test]
    fn the_schema_takes_what_the_type_takes() {
        for config in [
            json!({"command": ["echo", 5, 0.5, true, "a b", ""]}),
            with("env", json!({"A": "x", "_b1": 5, "C": false})),
            with("secrets", json!({"TOKEN": "keys/project/web/token"})),
            with("workingFolder", json!("/srv")),
            with("successCodes", json!([0, 255])),
            with("stdin", json!("text")),
            with("output", json!("lines")),
            with("sandbox", json!("none")),
        ] {
            assert_eq!(places(&config), Vec::<String>::new(), "{config}");
            serde_json::from_value::<Command>(config.clone()).unwrap_or_else(|error| panic!("{config}: {error}"));
        }
    }

    #[test]
    fn the_schema_refuses_what_cannot_work() {
        for (config, place) in [
            (json!({}), ""),
            (json!({"command": []}), "/command"),
            (json!({"command": "ls -l"}), "/command"),
            (json!({"command": [["ls"]]}), "/command/0"),
            (with("env", json!({"A-B": "x"})), "/env"),
            (with("env", json!({"A": null})), "/env/A"),
            (with("secrets", json!({"A": "hunter2"})), "/secrets/A"),
            (with("secrets", json!({"1": "keys/x"})), "/secrets"),
            (with("workingFolder", json!("srv")), "/workingFolder"),
            (with("successCodes", json!([])), "/successCodes"),
            (with("successCodes", json!([256])), "/successCodes/0"),
            (with("output", json!("xml")), "/output"),
            (with("sandbox", json!("off")), "/sandbox"),
            (with("shell", json!(true)), ""),
        ] {
            assert_eq!(places(&config), [place], "{config}");
        }
    }

    /// The runner finds secrets by their mark.
    #[test]
    fn secrets_are_marked() {
        let schema = StepMetadata::of::<Command>().config;
        assert_eq!(schema["properties"]["secrets"]["additionalProperties"]["x-windlass"], "secret");
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn an_unknown_key_is_refused_by_the_type_too() {
        let error = serde_json::from_value::<Command>(with("shell", json!(true))).unwrap_err().to_string();
        assert!(error.contains("unknown field `shell`"), "{error}");
    }
}
