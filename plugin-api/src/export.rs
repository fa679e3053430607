//! What [`export_plugin!`](crate::export_plugin) puts into a plugin's library.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use abi_stable::library::{__call_root_module_loader, CheckTypeLayout, LibHeader, RootModuleResult};
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::std_types::{RStr, RString};

use crate::boundary::{HostRef, PluginModule, PluginModuleRef};
use crate::context::encode;
use crate::frames::{Checkpoint, Done, FromHost, Panicked, Start};
use crate::{Context, PluginMetadata, Step, StepError, StepMetadata};

/// Exports the plugin of a library. Use it once, in `lib.rs`.
///
/// ```text
/// export_plugin! {
///     name: "cloudwatch-logs",
///     title: "CloudWatch Logs",
///     description: "Queries of CloudWatch Logs Insights.",
///     steps: [Query],
/// }
/// ```
///
/// It makes the ELF note ([`crate::note`]), the metadata, and `run`: a runtime for the step's future and a guard that
/// turns a panic into a failure of this step.
#[macro_export]
macro_rules! export_plugin {
    (name: $name:literal, title: $title:literal, description: $description:literal, steps: [$($step:ty),+ $(,)?] $(,)?) => {
        #[allow(unsafe_code)]
        const _: () = {
            #[used]
            #[unsafe(link_section = ".note.windlass")]
            static NOTE: $crate::note::Note = $crate::note::Note::new($name, env!("CARGO_PKG_VERSION"));

            extern "C" fn metadata() -> $crate::__private::RString {
                $crate::__private::metadata(
                    [$name, env!("CARGO_PKG_VERSION"), $title, $description],
                    || vec![$($crate::StepMetadata::of::<$step>()),+],
                )
            }

            extern "C" fn run(
                start: $crate::__private::RStr<'_>,
                host: $crate::boundary::HostRef,
            ) -> $crate::__private::RString {
                $crate::__private::call(start, host, |context, step, config| async move {
                    $(if step == <$step as $crate::Step>::INFO.name {
                        return $crate::__private::run_step::<$step>(context, config).await;
                    })+
                    Err($crate::StepError::new("step.failed", format!("this plugin has no step `{step}`")))
                })
            }

            fn module() -> $crate::boundary::PluginModuleRef {
                $crate::__private::root_module($crate::boundary::PluginModule { metadata, run })
            }

            extern "C" fn load() -> $crate::__private::RootModuleResult {
                $crate::__private::load(module)
            }

            // The symbol that abi_stable looks for (its `mangled_root_module_loader_name`).
            #[unsafe(no_mangle)]
            static _1as_0lib_1header_0root_bmodule_bloader: $crate::__private::LibHeader =
                $crate::__private::lib_header(load);
        };
    };
}

/// The library header that `abi_stable` reads first.
#[allow(unsafe_code)]
pub const fn lib_header(module: extern "C" fn() -> RootModuleResult) -> LibHeader {
    // SAFETY: `module` is made by `export_plugin!` with `load`, which returns an erased `PluginModuleRef`.
    unsafe { LibHeader::from_constructor::<PluginModuleRef>(module, CheckTypeLayout::Yes) }
}

/// The root module, leaked: a library is never unloaded, its process ends with the step.
pub fn root_module(module: PluginModule) -> PluginModuleRef {
    module.leak_into_prefix()
}

/// What the library header's constructor does.
pub fn load(module: fn() -> PluginModuleRef) -> RootModuleResult {
    __call_root_module_loader(module)
}

/// The metadata as JSON, or an empty text when making a schema panicked.
pub fn metadata(about: [&str; 4], steps: fn() -> Vec<StepMetadata>) -> RString {
    let [name, version, title, description] = about.map(str::to_owned);
    let api = env!("CARGO_PKG_VERSION").to_owned();
    catch_unwind(|| encode(&PluginMetadata { name, version, api, title, description, steps: steps() }))
        .unwrap_or_default()
        .into()
}

/// Runs one step and makes the last frame.
pub fn call<F, R>(start: RStr<'_>, host: HostRef, step: F) -> RString
where
    F: FnOnce(Context, String, serde_json::Value) -> R,
    R: Future<Output = Result<serde_json::Value, StepError>>,
{
    let outcome = catch_unwind(AssertUnwindSafe(|| run(start.as_str(), host, step)));
    let last = match outcome {
        Ok(Ok(outputs)) => FromHost::Done(Done { outputs }),
        Ok(Err(error)) => FromHost::Failed(error),
        Err(panic) => FromHost::Panicked(Panicked { message: panic_message(panic.as_ref()) }),
    };
    encode(&last).into()
}

fn run<F, R>(start: &str, host: HostRef, step: F) -> Result<serde_json::Value, StepError>
where
    F: FnOnce(Context, String, serde_json::Value) -> R,
    R: Future<Output = Result<serde_json::Value, StepError>>,
{
    let mut start: Start = serde_json::from_str(start)
        .map_err(|error| StepError::new("step.failed", format!("the start of the step is unreadable: {error}")))?;
    let config = start.config.take();
    let name = start.step.clone();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|error| StepError::new("step.failed", format!("cannot start the step's runtime: {error}")))?;
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(step(Context::new(host, start), name, config))));
    // Dropping the runtime would wait for threads that look up a name or wait for an answer: the step is over.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Reads the configuration, runs the step, writes the outputs.
pub async fn run_step<S: Step>(context: Context, config: serde_json::Value) -> Result<serde_json::Value, StepError> {
    let step: S = serde_json::from_value(config)
        .map_err(|error| StepError::new("step.invalid-config", format!("the configuration does not fit: {error}")))?;
    let outputs = match context.left() {
        None => step.run(context).await?,
        Some(Checkpoint::Resume(token)) => step.resume(context, token).await?,
        Some(Checkpoint::Abandon(token)) => {
            return step.abandon(context, token).await.map(|()| serde_json::Value::Null);
        }
    };
    serde_json::to_value(outputs)
        .map_err(|error| StepError::new("step.failed", format!("the outputs cannot be written as JSON: {error}")))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use abi_stable::prefix_type::PrefixTypeTrait as _;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::boundary::Host;
    use crate::{JsonSchema, StepInfo};

    /// Says which of its functions was called.
    #[derive(Deserialize, JsonSchema)]
    struct Query {}

    #[derive(Serialize, JsonSchema)]
    struct Called(String);

    impl Step for Query {
        const INFO: StepInfo = StepInfo { name: "query", resumable: true, ..StepInfo::DEFAULT };
        type Outputs = Called;

        async fn run(self, _: Context) -> Result<Called, StepError> {
            Ok(Called("run".to_owned()))
        }

        async fn resume(self, _: Context, token: String) -> Result<Called, StepError> {
            Ok(Called(format!("resume {token}")))
        }

        async fn abandon(self, _: Context, token: String) -> Result<(), StepError> {
            Err(StepError::new("step.failed", format!("abandon {token}")))
        }
    }

    extern "C" fn send(_: RStr<'_>) -> bool {
        true
    }

    extern "C" fn ask(_: RStr<'_>) -> RString {
        RString::new()
    }

    extern "C" fn wait_cancelled(_: u64) -> bool {
        false
    }

    /// The last frame of a step that starts with this beside the usual.
    fn last_frame(checkpoint: &serde_json::Value) -> serde_json::Value {
        let execution = json!({"id": "1", "project": "web", "job": "job", "step": "step"});
        let mut start = json!({"step": "query", "config": {}, "execution": execution, "region": null, "endpoints": {}});
        start["checkpoint"] = checkpoint.clone();
        let host = Host { send, ask, wait_cancelled }.leak_into_prefix();
        let step = |context, _, config| run_step::<Query>(context, config);
        serde_json::from_str(&call(RStr::from_str(&start.to_string()), host, step)).unwrap()
    }

    #[test]
    fn a_checkpoint_is_resumed_or_abandoned_by_the_function_for_it() {
        assert_eq!(last_frame(&json!(null)), json!({"done": {"outputs": "run"}}));
        assert_eq!(last_frame(&json!({"resume": "q1"})), json!({"done": {"outputs": "resume q1"}}));
        let abandoned = last_frame(&json!({"abandon": "q1"}));
        assert_eq!(abandoned["failed"]["message"], "abandon q1");
    }

    /// A later runner may say more than this crate knows.
    #[test]
    fn a_field_that_is_not_known_is_passed_over() {
        let execution = json!({"id": "1", "project": "web", "job": "job", "step": "step", "attempt": 2});
        let start = json!({"step": "query", "config": {}, "execution": execution, "region": null, "endpoints": {},
            "deadline": 5});
        let host = Host { send, ask, wait_cancelled }.leak_into_prefix();
        let step = |context, _, config| run_step::<Query>(context, config);
        let last: serde_json::Value =
            serde_json::from_str(&call(RStr::from_str(&start.to_string()), host, step)).unwrap();
        assert_eq!(last["done"]["outputs"], "run");
    }
}
